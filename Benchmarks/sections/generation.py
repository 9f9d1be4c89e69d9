"""Writing text: reading a prompt, and one token after another."""

from compare import alternate
from programs import Peer, built, run
from peers import gpt2_files
from sections.common import chosen, markdown, number, peers, ratio

TITLE = "Generation"
TEXT = """A GPT-2 of 124 M random weights in float32, the same for all: 12 layers, hidden 768, context 1024, vocabulary 50257.
A prompt is read, then 64 tokens are written, always the likeliest. Figures are tokens a second over all texts; the ratio is
our speed divided by the peer's. The share of bandwidth counts the weights read once for each token, of the bandwidth of
reading and of copying that was measured in the same process; with a long prompt the keys and values of the tokens before are
read too, and are not counted."""
CASES = [("1 text, prompt of 32", 1, 32), ("1 text, prompt of 512", 1, 512), ("8 texts, prompts of 128", 8, 128)]
NEW_TOKENS = 64
PEERS = {"llama.cpp": "llama", "transformers": "transformers"}
BANDWIDTH = ["weight_gigabytes_per_second", "read_gigabytes_per_second", "copy_gigabytes_per_second"]


def measure(options):
    folder = gpt2_files.folder()
    for name, rows, prompt in CASES:
        for label, framework in PEERS.items():
            if not chosen(options, name, label):
                continue
            ours_only = []

            def ours():
                result = run([built("martlet"), "bench", "generate", "--model", folder, "--batch", rows,
                              "--prompt-tokens", prompt, "--new-tokens", NEW_TOKENS])[-1]
                ours_only.append(result)
                return {"prompt": result["prompt_tokens_per_second"], "decode": result["decode_tokens_per_second"]}

            def theirs(peer):
                result = peer.ask(prompt=prompt, new=NEW_TOKENS)
                if result["tokens"][:8] != ours_only[-1]["tokens"][:8]:
                    print(f"{label} writes other tokens: {result['tokens'][:8]}, ours {ours_only[-1]['tokens'][:8]}")
                return {"prompt": result["prompt"], "decode": result["decode"]}

            for _, peer in peers(name, [(label, lambda: Peer("generation.py", framework, folder, rows))]):
                found = alternate(ours, lambda: theirs(peer), options.pairs)
                shares = [result[BANDWIDTH[0]] / result[key] for key in BANDWIDTH[1:] for result in ours_only]
                half = len(ours_only)
                middle = [sorted(part)[half // 2] for part in (shares[:half], shares[half:])]
                yield {"name": name, "peer": label, "version": peer.ready["version"], "figures": found,
                       "share_of_read": middle[0], "share_of_copy": middle[1],
                       "bandwidth": {key: sorted(r[key] for r in ours_only)[half // 2] for key in BANDWIDTH}}


def table(rows):
    header = ["at once", "peer", "prompt, ours", "peer's", "ours / peer's", "decode, ours", "peer's", "ours / peer's",
              "weights read", "of reading", "of copying"]
    cells = []
    for row in rows:
        parts = [row["figures"]["prompt"], row["figures"]["decode"]]
        cells.append([row["name"], f"{row['peer']} {row['version']}"]
                     + [cell for part in parts for cell in (number(part["ours"]), number(part["theirs"]), ratio(part))]
                     + [f"{row['bandwidth'][BANDWIDTH[0]]:.1f} GB/s", f"{100 * row['share_of_read']:.0f}%",
                        f"{100 * row['share_of_copy']:.0f}%"])
    return markdown(header, cells)
