extension ElementNames {
  /// Parts of names and what they mean: a bar is the beginning or the end of a name, a hyphen that of a word.
  static let patterns: [(ElementRoles, String)] = [
    (
      .articleBody,
      """
      article-body articlebody article-content articlecontent article-text articletext article-main entry-content \
      entrycontent entry-body post-content postcontent post-body postbody post-entry post-text posttext story-body \
      storybody story-content storycontent story-text news-content newscontent news-text newstext news-detail blog-content \
      blogcontent blog-post-content single-content body-text bodytext body-copy bodycopy text-body main-text maintext \
      article-copy fulltext full-text mw-parser-output markdown-body rich-media-content js-content trs-editor \
      article-detail theme-content thecontent the-content |storytext| |paragraph| wysiwyg richtext rich-text \
      page-content-text content-body contentbody content-text contenttext td-post-content post__content
      """
    ),
    (
      .article,
      "|article| |post| |entry| |story| |hentry| |main| |main-content| |maincontent| blog-post article-page |single-post| type-post"
    ),
    (.content, "content article post- |text| main story entry blog body"),
    (
      .comments,
      """
      comment kommentar disqus |respond| reply replies discussion reader-feedback |feedback| |response guestbook livefyre \
      talkback leserbrief reactions- |fb-comments trackback pingback
      """
    ),
    (
      .navigation,
      """
      |nav| |nav- -nav| -nav- navi menu breadcrumb pagination paginator pager |page-links| pagelinks sitemap |toc| \
      |skip -skip- skiplink |topbar |bottombar toolbar |jump tabs| site-header siteheader |masthead |header| page-header \
      |top-header| prev-next next-prev previous-post next-post postnav |nextprev |index-nav crumb |crumbs languages \
      |lang-
      """
    ),
    (
      .aside,
      """
      sidebar side-bar |aside aside| |widget -widget| widgets widget-area |rail| right-rail |rightcol right-col |footer footer| -footer- \
      |foot| |fusszeile marginal |marginalie infobox- |teaser teaser- -teaser teasers |colophon |secondary| |tertiary| \
      |bottom| |impressum |imprint copyright |legal| disclaimer |credits| site-info |siteinfo sidenav
      """
    ),
    (
      .related,
      """
      related recommend read-more readmore |more-articles more-news more-posts |more-from |morefrom |more| similar popular trending \
      most-read mostread |latest -latest recent-post recentpost see-also seealso |also- weitere mehr-zum outbrain taboola \
      |plista |crp-related yarpp jp-related zergnet suggested |suggestion |topics| |topic-list |top-news dont-miss \
      further-reading |archive-list headlines |linkbox |link-list |linklist crosslink |verwandt |aehnlich nextarticle
      """
    ),
    (
      .sharing,
      """
      |share share- -share -share- sharing shariff addtoany addthis sharedaddy sharethis social |sns bookmark |facebook \
      |twitter |like- -likes| |likes| |whatsapp |pinterest |print| printer print-button |print-link emailthis |email- \
      tweet |flattr |vgwort |rss| follow-us |followus ssba |a2a shr-
      """
    ),
    (
      .advertisement,
      """
      |ad| |ads| |ad- |ads- -ad| -ads| -ad- adbox adsense adslot adspace |adv| |advert advertis |banner -banner| anzeige werbung \
      sponsor |promo -promo promo- |promotion dfp |gpt- affiliate |commercial |outstream |partner |iqad |ad_ googlead |amazon
      """
    ),
    (
      .byline,
      """
      byline by-line |meta| -meta| |meta- entry-meta post-meta postmeta postmetadata postinfo post-info article-meta article-info articleinfo |author \
      author| -author- authorbox |autor -autor| |bio| |biography| |date| -date| |dateline |datum| |pubdate publish-date published| |posted-on |timestamp \
      |tags -tags| -tags- |tag-list taglist |tagcloud |keywords |category| |categories| |cat-links |cats -category| |kategorie \
      |filed |rating| ratings star-rating |votes| |vote- |views| viewcount view-count |entry-utility |post-footer |postfooter entry-footer |article-footer \
      |articlefooter post-bottom |posted| |info| |source| |kicker| |overline| |editor| |reading-time |readtime
      """
    ),
    (
      .service,
      """
      newsletter subscri |login |signup sign-up |signin sign-in register |account cookie consent gdpr |ccm- popup pop-up |modal modal| \
      overlay lightbox |dialog |notice| |notification paywall |search search| searchform -search- |form| -form| |captcha |cart| |cart- \
      |checkout |donat donation |spenden |cta| |cta- -cta| call-to-action |callout- |download-app appstore |contact| |contact- |kontakt| |tooltip |message-box |alert| |poll| |quiz \
      |audio- audioplayer |player player| |video- videoplayer |slideshow |gallery |galerie |carousel |slider |embed- |iframe |loading |spinner \
      |noprint no-print |donotprint |screen-reader |sr-only |visually-hidden visuallyhidden |visuallyhide |assistive
      """
    ),
    (.hidden, "|hidden| |hide| |d-none| |is-hidden |invisible| |collapsed| |offscreen"),
    (
      .caption,
      "caption |wp-caption credit |bildunterschrift |bild-text |legende| |image-meta |copyright |photo-info |img-desc bildquelle"
    ),
    (
      .lead,
      "|lead| |lead- -lead| |intro| |intro- -intro| |teaser-text |excerpt |summary |standfirst |abstract| |vorspann |anriss |subheadline |subtitle |description| |dek|"
    ),
  ]
}
