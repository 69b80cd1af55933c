export interface TryTexts {
  title: string;
  lead: string;
  reference: string;
  operation: string;
  server: string;
  person: string;
  nobody: string;
  other: string;
  token: string;
  basic: string;
  parameters: string;
  optional: string;
  body: string;
  file: string;
  send: string;
  stop: string;
  sending: string;
  answer: string;
  status: string;
  time: string;
  verdict: string;
  ok: string;
  broken: string;
  unknown: string;
  redirect: string;
  copy: string;
  copied: string;
  curl: string;
  failed: string;
  changed: string;
  changedHere: string;
  reset: string;
  willHaveWorld: string;
  world: string;
  worldEnds: string;
  afresh: string;
  outbox: string;
  full: string;
  ended: string;
  none: string;
  empty: string;
  bytes: string;
  live: string;
  noScript: string;
  states: Record<'two_step' | 'unverified' | 'removed' | 'muted' | 'empty', string>;
}

export const texts: Record<'zh' | 'en', TryTexts> = {
  zh: {
    title: '试一试',
    lead: '请求已经填好，改不改都可以发送。',
    reference: '参考文档',
    operation: '操作',
    server: '服务器',
    person: '身份',
    nobody: '不带凭证',
    other: '自己的凭证',
    token: '令牌',
    basic: '编号:密码',
    parameters: '参数',
    optional: '可以不填',
    body: '请求体',
    file: '不选文件时发送一个示例文件',
    send: '发送',
    stop: '停止',
    sending: '正在发送…',
    answer: '回答',
    status: '状态',
    time: '用时',
    verdict: '契约',
    ok: '符合契约',
    broken: '违反契约',
    unknown: '没有判断',
    redirect: '跳转到',
    copy: '复制',
    copied: '已复制',
    curl: '复制成 curl',
    failed: '没有收到回答，服务器可能不在，或者不允许这个页面的来源：',
    changed: '前面的尝试可能改变了演示数据。',
    changedHere: '前面的尝试可能改变了这个世界里的数据。',
    reset: '重置演示数据',
    willHaveWorld: '第一次发送时，这个标签页得到一个自己的世界：带着全新的演示数据，不影响别人。',
    world: '自己的世界',
    worldEnds: '不再使用的话，结束于',
    afresh: '重新开始',
    outbox: '发件箱',
    full: '沙箱的世界已经用完，请求发到大家共用的演示数据。',
    ended: '原来的世界已经结束，这是一个新的。',
    none: '现在一个也没有，示例里的编号不存在。',
    empty: '（没有内容）',
    bytes: '字节',
    live: '正在接收…',
    noScript: '这个页面需要 JavaScript。',
    states: { two_step: '两步验证', unverified: '未验证', removed: '已移除', muted: '免打扰', empty: '没有内容' },
  },
  en: {
    title: 'Try it',
    lead: 'The request is filled in. Send it as it is, or change it first.',
    reference: 'Reference',
    operation: 'Operation',
    server: 'Server',
    person: 'Person',
    nobody: 'No credentials',
    other: 'Credentials of your own',
    token: 'Token',
    basic: 'id:secret',
    parameters: 'Parameters',
    optional: 'optional',
    body: 'Body',
    file: 'Without a file of yours an example is sent',
    send: 'Send',
    stop: 'Stop',
    sending: 'Sending…',
    answer: 'Answer',
    status: 'Status',
    time: 'Time',
    verdict: 'Contract',
    ok: 'keeps the contract',
    broken: 'breaks the contract',
    unknown: 'not judged',
    redirect: 'redirects to',
    copy: 'Copy',
    copied: 'Copied',
    curl: 'Copy as curl',
    failed: 'There was no answer. The server may be down, or does not allow the origin of this page: ',
    changed: 'Earlier requests may have changed the demo data.',
    changedHere: 'Earlier requests may have changed the data of this world.',
    reset: 'Reset the demo data',
    willHaveWorld:
      'With the first request this tab gets a world of its own, with fresh demo data. Others do not notice it.',
    world: 'World of your own',
    worldEnds: 'unless it is used, it ends at',
    afresh: 'Start afresh',
    outbox: 'Outbox',
    full: 'The sandbox has no more worlds. Requests go to the demo data that everyone shares.',
    ended: 'The earlier world has ended. This is a new one.',
    none: 'There is none now, and the id of the example does not exist.',
    empty: '(empty)',
    bytes: 'bytes',
    live: 'Receiving…',
    noScript: 'This page needs JavaScript.',
    states: {
      two_step: 'two-step',
      unverified: 'unverified',
      removed: 'removed',
      muted: 'muted',
      empty: 'nothing yet',
    },
  },
};
