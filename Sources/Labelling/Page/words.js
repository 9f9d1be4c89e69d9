// What the page says, in English and Chinese.
const languages = {
  en: {
    loginTitle: 'Log in to label', yourName: 'Your name', token: 'Token', logIn: 'Log in', logOut: 'Log out',
    error_wrong_token: 'The token is wrong.', error_unknown_name: 'Nobody of this name labels in this project.',
    error_too_many: 'Too many wrong tokens. Try again in a minute.', offline: 'The server does not answer.',
    label: 'Label', review: 'Review', suspects: 'Likely errors', guidelines: 'Guidelines', help: 'Keys',
    previous: 'Previous', next: 'Next', undo: 'Undo', skip: 'Skip', submit: 'Submit', decide: 'Decide', close: 'Close',
    retry: 'Try again', use: 'Use', remove: 'Remove', first: 'First', second: 'Second', tie: 'Equally good',
    better: 'This is better', yourAnswer: 'Your answer', prompt: 'Prompt', text: 'Text', labels: 'Labels',
    spans: 'Marked', nothingMarked: 'nothing', noLabels: 'no label', given: 'Label in the data', model: 'Model',
    decision: 'Decided', others: 'What people said', skipped: 'You skipped this one.',
    progress: '{0} of {1} done · {2} by you', conflicts: 'Review ({0})',
    allDone: 'All done. Thank you!', allDoneMore: 'No item is left for you. You can go back with “Previous”.',
    wait: 'Others are looking at all that is left. Try again in a few minutes.',
    noConflicts: 'No conflicts are left.', noSuspects: 'No likely errors are left.',
    notSaved: 'Not saved: the server does not answer. Nothing is lost while this page stays open.',
    nothingToUndo: 'There is nothing to undo.', undone: 'Taken back.',
    overlap: 'This would overlap another span.', selectFirst: 'Text you select is now marked as “{0}”. Esc ends it.',
    suspect: 'Labelled “{0}”, to which the model gives {1}%. It thinks this is “{2}”.', chooseOne: 'Choose first.',
    writeFirst: 'Write an answer first.', failed: 'The server refused: {0}',
    key_label: 'choose a label', key_submit: 'submit', key_leave: 'out of the text, for the other keys, and back', key_undo: 'take back the last one',
    key_skip: 'leave this one to others', key_previous: 'previous item', key_next: 'next item',
    key_guidelines: 'guidelines', key_help: 'this list', key_move: 'move by character', key_extend: 'select',
    key_word: 'by word', key_remove: 'remove the span at the cursor', key_escape: 'select nothing',
    key_sides: 'the first or the second is better', key_tie: 'equally good', key_use: 'use what a person said',
    key_span: 'mark what is selected',
    reviewHint: 'Choose or correct, then decide.',
    agreement: 'Agreement', status: 'Progress', items: 'Items', complete: 'Complete', openConflicts: 'Open conflicts',
    decisions: 'Decided', people: 'People', judged: 'Judged', skips: 'Skipped', median: 'Median time', seconds: '{0} s',
    cohen: 'Cohen’s kappa', f1: 'F1 of exact spans', fleiss: 'Fleiss’ kappa',
    alpha: 'Krippendorff’s alpha', alphaOfCharacters: 'Krippendorff’s alpha of characters', undefined: 'undefined',
    agreementHint: '1 is full agreement, 0 what chance would give.',
    agreementMean: '1 is full agreement, 0 what chance would give; the means over the labels.',
    noPairs: 'No two people have judged the same item yet.',
  },
  zh: {
    loginTitle: '登录标注', yourName: '您的姓名', token: '令牌', logIn: '登录', logOut: '退出',
    error_wrong_token: '令牌错误。', error_unknown_name: '此项目中没有这个姓名的标注员。',
    error_too_many: '错误次数过多，请一分钟后再试。', offline: '服务器没有响应。',
    label: '标注', review: '审核', suspects: '疑似错误', guidelines: '标注指南', help: '快捷键',
    previous: '上一条', next: '下一条', undo: '撤销', skip: '跳过', submit: '提交', decide: '裁定', close: '关闭',
    retry: '重试', use: '采用', remove: '删除', first: '第一个', second: '第二个', tie: '一样好',
    better: '这个更好', yourAnswer: '您的回答', prompt: '提示', text: '文本', labels: '标签',
    spans: '已标注', nothingMarked: '无', noLabels: '无标签', given: '数据中的标签', model: '模型',
    decision: '裁定结果', others: '各标注员的结果', skipped: '您跳过了这一条。',
    progress: '已完成 {0} / {1} · 您标注了 {2} 条', conflicts: '审核（{0}）',
    allDone: '全部完成，谢谢！', allDoneMore: '没有剩余的条目了。可以用“上一条”返回查看。',
    wait: '剩余的条目都有人在看，请几分钟后再试。',
    noConflicts: '没有待审核的分歧了。', noSuspects: '没有疑似错误了。',
    notSaved: '未保存：服务器没有响应。只要不关闭此页面，内容就不会丢失。',
    nothingToUndo: '没有可撤销的操作。', undone: '已撤销。',
    overlap: '与已有的片段重叠。', selectFirst: '现在选中的文字会标为“{0}”，按 Esc 结束。',
    suspect: '标签为“{0}”，但模型只给它 {1}% 的概率，认为应是“{2}”。', chooseOne: '请先选择。',
    writeFirst: '请先写下回答。', failed: '服务器拒绝：{0}',
    key_label: '选择标签', key_submit: '提交', key_leave: '离开输入框以使用其他快捷键，再按返回', key_undo: '撤销上一次操作',
    key_skip: '跳过此条', key_previous: '上一条', key_next: '下一条',
    key_guidelines: '标注指南', key_help: '此列表', key_move: '逐字移动', key_extend: '选择',
    key_word: '按词移动', key_remove: '删除光标处的片段', key_escape: '取消选择',
    key_sides: '第一个或第二个更好', key_tie: '一样好', key_use: '采用某人的结果',
    key_span: '标注选中的文字',
    reviewHint: '选择或修改，然后裁定。',
    agreement: '一致性', status: '进度', items: '条目', complete: '已完成', openConflicts: '待审核的分歧',
    decisions: '已裁定', people: '标注员', judged: '已标注', skips: '已跳过', median: '中位用时', seconds: '{0} 秒',
    cohen: 'Cohen’s kappa', f1: '片段完全一致的 F1', fleiss: 'Fleiss’ kappa',
    alpha: 'Krippendorff’s alpha', alphaOfCharacters: '按字符的 Krippendorff’s alpha', undefined: '无定义',
    agreementHint: '1 为完全一致，0 相当于随机。',
    agreementMean: '1 为完全一致，0 相当于随机；为各标签的平均值。',
    noPairs: '还没有两人标注过同一条目。',
  },
};

const language = (navigator.languages || [navigator.language]).map(name => name.slice(0, 2).toLowerCase())
  .find(name => languages[name]) || 'en';
document.documentElement.lang = language;

/** The words for `key`, with {0}, {1}, ... replaced; an empty string if there are none. */
export function t(key, ...values) {
  const text = languages[language][key] || languages.en[key] || '';
  return text.replace(/\{(\d)\}/g, (_, index) => values[index] ?? '');
}

/** Fills in the words of all elements below `root` that ask for some. */
export function translate(root) {
  for (const element of root.querySelectorAll('[data-t]')) element.textContent = t(element.dataset.t);
}
