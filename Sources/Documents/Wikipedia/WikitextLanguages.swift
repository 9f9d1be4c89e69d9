/// The codes of languages: their English and Chinese names, and which prefixes of links lead to other wikis.
enum WikitextLanguages {
  private static let names: [String: (english: String, chinese: String)] = {
    let rows = """
      aa Afar 阿法尔语|ab Abkhaz 阿布哈兹语|af Afrikaans 南非语|am Amharic 阿姆哈拉语|ang Old_English 古英语|ar Arabic 阿拉伯语
      |arc Aramaic 阿拉姆语|az Azerbaijani 阿塞拜疆语|be Belarusian 白俄罗斯语|bg Bulgarian 保加利亚语|bn Bengali 孟加拉语
      |bo Tibetan 藏语|br Breton 布列塔尼语|bs Bosnian 波斯尼亚语|ca Catalan 加泰罗尼亚语|cs Czech 捷克语|cu Church_Slavonic 教会斯拉夫语
      |cy Welsh 威尔士语|da Danish 丹麦语|de German 德语|el Greek 希腊语|en English 英语|eo Esperanto 世界语|es Spanish 西班牙语
      |et Estonian 爱沙尼亚语|eu Basque 巴斯克语|fa Persian 波斯语|fi Finnish 芬兰语|fo Faroese 法罗语|fr French 法语|fro Old_French 古法语
      |fy West_Frisian 西弗里斯兰语|ga Irish 爱尔兰语|gd Scottish_Gaelic 苏格兰盖尔语|gl Galician 加利西亚语|got Gothic 哥特语
      |grc Ancient_Greek 古希腊语|gu Gujarati 古吉拉特语|ha Hausa 豪萨语|haw Hawaiian 夏威夷语|he Hebrew 希伯来语|hi Hindi 印地语
      |hr Croatian 克罗地亚语|hu Hungarian 匈牙利语|hy Armenian 亚美尼亚语|id Indonesian 印度尼西亚语|is Icelandic 冰岛语|it Italian 意大利语
      |ja Japanese 日语|ka Georgian 格鲁吉亚语|kk Kazakh 哈萨克语|km Khmer 高棉语|kn Kannada 卡纳达语|ko Korean 韩语|ku Kurdish 库尔德语
      |ky Kyrgyz 吉尔吉斯语|la Latin 拉丁语|lb Luxembourgish 卢森堡语|lo Lao 老挝语|lt Lithuanian 立陶宛语|lv Latvian 拉脱维亚语
      |mg Malagasy 马达加斯加语|mi Māori 毛利语|mk Macedonian 马其顿语|ml Malayalam 马拉雅拉姆语|mn Mongolian 蒙古语|mr Marathi 马拉地语
      |ms Malay 马来语|mt Maltese 马耳他语|my Burmese 缅甸语|nah Nahuatl 纳瓦特尔语|nci Classical_Nahuatl 古典纳瓦特尔语|ne Nepali 尼泊尔语
      |nl Dutch 荷兰语|nn Norwegian_Nynorsk 新挪威语|no Norwegian 挪威语|non Old_Norse 古诺尔斯语|oc Occitan 奥克语|or Odia 奥里亚语
      |pa Punjabi 旁遮普语|pl Polish 波兰语|ps Pashto 普什图语|pt Portuguese 葡萄牙语|qu Quechua 克丘亚语|ro Romanian 罗马尼亚语|ru Russian 俄语
      |sa Sanskrit 梵语|sco Scots 苏格兰语|sd Sindhi 信德语|sh Serbo-Croatian 塞尔维亚-克罗地亚语|si Sinhala 僧伽罗语|sk Slovak 斯洛伐克语
      |sl Slovene 斯洛文尼亚语|so Somali 索马里语|sq Albanian 阿尔巴尼亚语|sr Serbian 塞尔维亚语|sv Swedish 瑞典语|sw Swahili 斯瓦希里语
      |syc Classical_Syriac 古典叙利亚语|ta Tamil 泰米尔语|te Telugu 泰卢固语|tg Tajik 塔吉克语|th Thai 泰语|ti Tigrinya 提格利尼亚语
      |tk Turkmen 土库曼语|tl Tagalog 他加禄语|tr Turkish 土耳其语|tt Tatar 鞑靼语|ug Uyghur 维吾尔语|uk Ukrainian 乌克兰语|ur Urdu 乌尔都语
      |uz Uzbek 乌兹别克语|vi Vietnamese 越南语|xh Xhosa 科萨语|yi Yiddish 意第绪语|yo Yoruba 约鲁巴语|yue Cantonese 粤语|za Zhuang 壮语
      |zh Chinese 中文|zu Zulu 祖鲁语
      """
    var names: [String: (english: String, chinese: String)] = [:]
    for row in rows.split(whereSeparator: { $0 == "|" || $0 == "\n" }) {
      let words = row.split(separator: " ").map(String.init)
      if words.count == 3 { names[words[0]] = (words[1].split(separator: "_").joined(separator: " "), words[2]) }
    }
    // Codes of three letters for languages that have one of two.
    let longer =
      "rus ru|deu de|ger de|fra fr|fre fr|spa es|ita it|jpn ja|kor ko|zho zh|chi zh|ara ar|heb he|gre el|ell el|lat la|por pt|aln sq|sqi sq"
    for row in longer.split(separator: "|") {
      let words = row.split(separator: " ").map(String.init)
      names[words[0]] = names[words[1]]
    }
    return names
  }()

  /// The name of a language, in Chinese on Chinese wikis and in English on others; the code itself if it is not known.
  static func name(_ code: String, in wiki: String) -> String {
    let base = code.lowercased().split(separator: "-").first.map(String.init) ?? code
    guard let found = names[code.lowercased()] ?? names[base] else { return code }
    return wiki.hasPrefix("zh") ? found.chinese : found.english
  }

  /// Whether a code has a name here.
  static func isKnown(_ code: String) -> Bool { names[code] != nil }

  private static let others: Set<String> = Set(
    """
    ace ady ak als alt an arz as ast atj av avk awa ay azb ba ban bar bat-smg bcl be-tarask be-x-old bh bi bjn bm bpy bug bxr cbk-zam
    cdo ce ceb ch cho chr chy ckb co cr crh csb cv dag din diq dsb dty dv dz ee eml ext ff fiu-vro fj frp frr fur gag gan gcr glk gn
    gom gor gv hak hif ho hsb ht hyw hz ia ie ig ii ik ilo inh io iu jam jbo jv kaa kab kbd kbp kg ki kj kl koi kr krc ks ksh kv kw
    lad lbe lez lfn lg li lij lld lmo ln lrc ltg mad mai map-bms mdf mh mhr min mnw mrj mus mwl myv mzn na nap nds nds-nl new ng nia
    nov nqo nrm nso nv ny olo om os pag pam pap pcd pdc pfl pi pih pms pnb pnt rm rmy rn roa-rup roa-tara rue rw sah sat sc scn se
    sg shn simple skr sm smn sn srn ss st stq su szl szy tay tcy tet tn to tpi trv ts tum tw ty tyv udm ve vec vep vls vo wa war wo
    wuu xal xmf zea zh-classical zh-min-nan zh-yue
    """.split { $0 == " " || $0 == "\n" }.map(String.init))

  /// Whether a link's prefix leads to the same article in another language.
  static func isWiki(_ prefix: String) -> Bool { names[prefix] != nil || others.contains(prefix) }
}
