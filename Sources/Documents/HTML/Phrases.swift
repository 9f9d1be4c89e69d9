/// What phrases in a short text tell of it.
struct PhraseKinds: OptionSet, Sendable {
  let rawValue: UInt32

  /// What stands above lists of other articles, and in links to them.
  static let related = PhraseKinds(rawValue: 1 << 0)
  /// Comments of readers and the form for them.
  static let comments = PhraseKinds(rawValue: 1 << 1)
  /// Subscriptions, accounts, cookies.
  static let service = PhraseKinds(rawValue: 1 << 2)
  /// Rights and imprints.
  static let legal = PhraseKinds(rawValue: 1 << 3)
  /// Whose a picture is.
  static let credit = PhraseKinds(rawValue: 1 << 4)
  /// Who wrote a text and when.
  static let byline = PhraseKinds(rawValue: 1 << 5)
  /// Social networks.
  static let sharing = PhraseKinds(rawValue: 1 << 6)
  /// Advertisements and shops.
  static let advertisement = PhraseKinds(rawValue: 1 << 7)
}

/// Finds phrases that surround articles in many languages.
struct Phrases: Sendable {
  let automaton: PatternAutomaton

  static let shared = Phrases()

  private init() {
    automaton = PatternAutomaton(
      Self.patterns.flatMap { kind, list in
        list.split(separator: "|").map { (Array($0.trimmed.utf8).map { $0 == 0x5F ? 0x20 : $0 }, kind.rawValue) }
      },
      symbol: { byte in
        switch byte {
        case 0x41...0x5A: byte | 0x20
        case 0x61...0x7A, 0x80...0xFF: byte
        // Signs that mean something.
        case 0x40, 0x3A, 0x2F: byte
        default: 0x20
        }
      })
  }

  /// Phrases between bars; an underscore is the beginning or the end of a word.
  private static let patterns: [(PhraseKinds, String)] = [
    (
      .related,
      """
      _related|_see also_|_read more_|_read also|_also read|_more from_|_more on_|_you may also|_you might also|_recommended|_most read|\
      _most popular|_trending_|_latest news|_further reading|_next article|_previous article|_previous post|_next post|_older posts|\
      _weitere artikel|_mehr zum thema|_mehr zu_|_mehr aus|_lesen sie auch|_lesen sie mehr|_auch interessant|_das könnte|_weiterlesen|\
      _mehr lesen|_verwandte|_ähnliche|_weitere informationen|_weiterführende|_weitere themen|_weitere nachrichten|_meistgelesen|\
      _zum thema_|_siehe auch_|_mehr erfahren|_zurück zu|_nächster|_vorheriger|_à lire aussi|_lire aussi|_lire la suite|_sur le même|\
      _articles liés|_en savoir plus|_lea también|_te puede interesar|_más noticias|_leer más|_noticias relacionadas|_relacionad|\
      _leggi anche|_articoli correlati|_czytaj także|_czytaj też|_zobacz także|_zobacz też|_podobne|_читайте также|_читать далее|\
      _по теме_|相关阅读|相关文章|相关新闻|相关推荐|推荐阅读|猜你喜欢|热门|上一篇|下一篇|延伸閱讀|延伸阅读|相關新聞|相關文章|阅读更多|関連記事|おすすめ
      """
    ),
    (
      .comments,
      """
      _comment|_leave a reply|_reply_|_replies_|_kommentar|_antworten_|_leserbrief|_commentaire|_comentario|_commenti_|_komentarz|\
      _комментари|_your email address will not|_e-mail adresse wird nicht|_schreibe einen|_says:_|_sagt:_|评论|留言|發表|コメント
      """
    ),
    (
      .service,
      """
      _newsletter|_subscribe|_sign up_|_sign in_|_log in_|_login_|_register_|_registrieren|_anmelden|_abonnieren|_abonnent|_cookie|_password|_passwort|\
      _javascript|_browser_|_abonn|_suscr|_donate|_spenden_|_support us|_download_|_herunterladen|_app_|_podcast_|_click here|_hier klicken|\
      _kontakt:_|_kontakt_|_contact us|_contact_|_telefon|_tel:|_fax|订阅|登录|注册|下载|扫一扫|二维码|公众号
      """
    ),
    (
      .legal,
      """
      ©|_copyright|_all rights reserved|_alle rechte|_impressum|_datenschutz|_privacy|_terms of|_agb_|_disclaimer|_haftung|\
      _tous droits|_todos los derechos|_creative commons|_licen|_ohne gewähr|_affiliate|版权|版權|免责声明|声明：|转载|轉載|责任编辑|责编
      """
    ),
    (
      .credit,
      """
      _foto:|_fotos:|_photo:|_photos:|_photo by|_photo credit|_image:|_image source|_bild:|_bilder:|_bildquelle|_getty|_dpa_|_shutterstock|_reuters_|_afp_|\
      _quelle:|_source:|_sources:|_quellen:|_fuente:|_fonte:|_źródło|_fot_|_picture alliance|_istock|_unsplash|_pixabay|_zdj|_crédit|\
      图片来源|来源：|圖片來源|来源:|图源
      """
    ),
    (
      .byline,
      """
      _posted_|_published|_updated_|_last modified|_veröffentlicht|_aktualisiert|_erstellt|_geschrieben von|_von:_|_autor|_author|_written by|_min read|\
      _minuten_|_lesezeit|_publié|_publicado|_par_|_uhr_|_kategorie|_categor|_tags|_schlagw|_filed under|_tagged|_stand:|_datum|_редакц|作者|编辑|发布|记者|時間|时间|\
      @|_posts by|_view all|_alle beiträge|_all posts
      """
    ),
    (
      .sharing,
      """
      _share_|_share this|_facebook|_twitter|_instagram|_pinterest|_whatsapp|_linkedin|_xing_|_telegram_|_teilen_|_tweet|_folgen sie|_follow us|_follow me|\
      _follow_|_partager|_compartir|_drucken_|_print_|_e-mail_|_merken_|_gefällt|_like_|_likes_|_youtube|_rss|分享|微博|微信|赞|收藏
      """
    ),
    (
      .advertisement,
      """
      _anzeige|_advert|_sponsor|_werbung|_publicité|_publicidad|_promo|_amazon|_shop_|_warenkorb|_in den_|_mwst|_eur_|€|_kaufen|_buy_|_price|_preis|_rabatt|\
      _versand|广告|赞助
      """
    ),
  ]
}

extension Substring {
  /// The text without white space around it.
  fileprivate var trimmed: String { String(self).trimmed }
}
