import Core
import Documents
import Testing

@Suite struct ChatTests {
  private func chat(_ lines: String, _ mapping: ChatMapping = ChatMapping()) throws -> ReadResult {
    try read(JSONFormat(container: .lines, mapping: mapping), lines)
  }

  private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8), name: "") }

  private let expected = """
    [{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]
    """

  @Test(arguments: [
    #"{"messages":[{"role":"system","content":"Be brief."},{"content":"Hi","role":"user"},{"role":"assistant","content":"Hello"}]}"#,
    #"{"conversations":[{"from":"system","value":"Be brief."},{"from":"human","value":"Hi"},{"from":"gpt","value":"Hello"}]}"#,
    #"{"conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"Hello"}],"system":"Be brief."}"#,
    #"{"system":"Be brief.","instruction":"Hi","input":"","output":"Hello"}"#,
    #"{"system_prompt":"Be brief.","prompt":"Hi","completion":"Hello"}"#,
    #"{"prompt":[{"role":"developer","content":"Be brief."},{"role":"user","content":"Hi"}],"completion":[{"role":"assistant","content":"Hello"}]}"#,
  ]) func everyFormBecomesMessages(line: String) throws {
    let result = try chat(line)
    #expect(result.documents.first?.attributes["messages"] == (try json(expected)))
    #expect(result.texts == ["system:\nBe brief.\n\nuser:\nHi\n\nassistant:\nHello"])
  }

  @Test func inputsOfInstructionsFollowThem() throws {
    let result = try chat(#"{"instruction":"Add.","input":"1 2","output":"3"}"#, ChatMapping(systemPrompt: "S"))
    #expect(result.texts == ["system:\nS\n\nuser:\nAdd.\n\n1 2\n\nassistant:\n3"])
  }

  @Test func callsOfToolsAreKept() throws {
    let messages = """
      [{"role":"user","content":"Weather?"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function",\
      "function":{"name":"weather","arguments":"{}"}}]},{"role":"tool","content":"rain","tool_call_id":"1"},\
      {"role":"assistant","content":"It rains."}]
      """
    let tools = #"[{"type":"function","function":{"name":"weather"}}]"#
    let result = try chat(
      #"{"id":"c1","messages":\#(messages),"tools":\#(tools)}"#, ChatMapping(fields: TextFields(id: "id")))
    let document = try #require(result.documents.first)
    #expect(document.attributes == ["messages": try json(messages), "tools": try json(tools)])
    #expect(document.text.contains("weather") && document.text.hasSuffix("tool:\nrain\n\nassistant:\nIt rains."))
    #expect(document.provenance.place == "line 1, id c1")
    let parts = try chat(
      #"{"messages":[{"role":"user","content":[{"type":"text","text":"See"},{"type":"image"}]},{"role":"assistant","content":"ok"}]}"#
    )
    #expect(parts.texts == ["user:\nSee\n[image]\n\nassistant:\nok"])
  }

  @Test(arguments: [
    #"{"prompt":"Q","chosen":"good","rejected":"bad"}"#,
    #"{"prompt":[{"role":"user","content":"Q"}],"chosen":[{"role":"assistant","content":"good"}],"rejected":[{"role":"assistant","content":"bad"}]}"#,
    #"{"prompt":"Q","chosen":[{"role":"user","content":"Q"},{"role":"assistant","content":"good"}],"rejected":[{"role":"user","content":"Q"},{"role":"assistant","content":"bad"}]}"#,
    #"{"chosen":[{"from":"human","value":"Q"},{"from":"gpt","value":"good"}],"rejected":[{"from":"human","value":"Q"},{"from":"gpt","value":"bad"}]}"#,
  ]) func preferencesBecomePromptAndTwoAnswers(line: String) throws {
    let document = try #require(try chat(line).documents.first)
    #expect(
      document.attributes == [
        "prompt": try json(#"[{"role":"user","content":"Q"}]"#),
        "chosen": try json(#"[{"role":"assistant","content":"good"}]"#),
        "rejected": try json(#"[{"role":"assistant","content":"bad"}]"#),
      ])
    #expect(document.text.contains("good") && document.text.contains("bad"))
  }

  @Test func longerPromptsAreWhatBothAnswersBeginWith() throws {
    let shared = #"{"role":"user","content":"Q"},{"role":"assistant","content":"A"},{"role":"user","content":"R"}"#
    let line =
      #"{"chosen":[\#(shared),{"role":"assistant","content":"x"}],"rejected":[\#(shared),{"role":"assistant","content":"y"}]}"#
    let document = try #require(try chat(line).documents.first)
    #expect(document.attributes["prompt"] == (try json("[\(shared)]")))
  }

  @Test(arguments: [
    ("no_conversation", #"{"text":"x"}"#), ("no_conversation", #"{"messages":"x"}"#),
    ("no_conversation", #"{"prompt":7,"completion":"x"}"#), ("no_answer", #"{"messages":[]}"#),
    ("no_answer", #"{"messages":[{"role":"user","content":"x"}]}"#), ("bad_message", #"{"messages":[7]}"#),
    ("bad_message", #"{"messages":[{"role":"user"}]}"#), ("bad_message", #"{"messages":[{"content":"x"}]}"#),
    ("bad_message", #"{"messages":[{"role":"user","content":{"a":1}}]}"#),
    ("unknown_role", #"{"messages":[{"role":"martian","content":"x"}]}"#),
    ("empty_message", #"{"messages":[{"role":"user","content":" \n"},{"role":"assistant","content":"x"}]}"#),
    ("empty_message", #"{"instruction":"x","output":""}"#),
    (
      "misplaced_system",
      #"{"messages":[{"role":"user","content":"x"},{"role":"system","content":"y"},{"role":"assistant","content":"x"}]}"#
    ),
    ("begins_with_answer", #"{"messages":[{"role":"assistant","content":"x"}]}"#),
    (
      "two_users_in_a_row",
      #"{"messages":[{"role":"user","content":"x"},{"role":"user","content":"y"},{"role":"assistant","content":"x"}]}"#
    ),
    (
      "two_assistants_in_a_row",
      #"{"conversations":[{"from":"human","value":"x"},{"from":"gpt","value":"y"},{"from":"gpt","value":"z"}]}"#
    ),
    ("misplaced_tool", #"{"messages":[{"role":"user","content":"x"},{"role":"tool","content":"y"}]}"#),
    ("same_answers", #"{"prompt":"x","chosen":"y","rejected":"y"}"#),
    ("empty_message", #"{"prompt":"x","chosen":"y","rejected":""}"#),
    (
      "no_answer",
      #"{"chosen":[{"role":"user","content":"a"}],"rejected":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"#
    ),
    ("nul_bytes", #"{"prompt":"x\u0000","completion":"y"}"#), ("not_json", #"{"prompt":"x","completion":"#),
  ]) func illFormedConversationsAreCounted(reason: String, line: String) throws {
    let result = try chat(line)
    #expect(result.documents.isEmpty && result.reasons == [reason])
  }
}
