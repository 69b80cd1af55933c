import type { FileName } from './demo-files.ts';
import { demoId } from './demo-ids.ts';

/** What is in the demo app, the customer service of a bookshop. */

export interface DemoUser {
  uuid: string;
  fullname: string;
  email: string;
  /** Without one the user cannot sign in. */
  password?: string;
  signature?: string;
  mobile?: string;
  company?: string;
}

const agents = {
  owner: {
    uuid: demoId('00', 11),
    fullname: '顾明',
    email: 'owner@ppmessage.example',
    password: 'owner-password',
    signature: '青禾书店掌柜',
  },
  agent: {
    uuid: demoId('00', 12),
    fullname: '何静',
    email: 'agent@ppmessage.example',
    password: 'agent-password',
    signature: '工作日九点到六点',
  },
  admin: {
    uuid: demoId('00', 13),
    fullname: '罗一鸣',
    email: 'agent2@ppmessage.example',
    password: 'agent2-password',
    signature: '物流和发票的问题找我',
  },
  muted: {
    uuid: demoId('00', 15),
    fullname: '严冬',
    email: 'muted@ppmessage.example',
    password: 'muted-password',
    signature: '周末值班',
  },
  /** Left the shop: only old messages are left. */
  removed: {
    uuid: demoId('00', 16),
    fullname: '乔木',
    email: 'removed@ppmessage.example',
    password: 'removed-password',
  },
  /** Began today. */
  empty: {
    uuid: demoId('00', 17),
    fullname: '叶小满',
    email: 'empty@ppmessage.example',
    password: 'empty-password',
  },
} satisfies Record<string, DemoUser>;

const customers = {
  xuNuo: { uuid: demoId('00', 14), fullname: '许诺', email: 'customer@shop.example', mobile: '13800000014' },
  suQing: { uuid: demoId('00', 101), fullname: '苏晴', email: 'suqing@shop.example', mobile: '13800000101' },
  maJun: { uuid: demoId('00', 102), fullname: '马骏', email: 'majun@shop.example', company: '晨光小学' },
  fangYuan: { uuid: demoId('00', 103), fullname: '方圆', email: 'fangyuan@shop.example' },
  dingXiaoyu: { uuid: demoId('00', 104), fullname: '丁小雨', email: 'xiaoyu@shop.example' },
  /** Known by the browser only. */
  visitor: { uuid: demoId('00', 105), fullname: '访客 5f1d2c', email: `${demoId('00', 105)}@anonymous.invalid` },
  tangGuo: { uuid: demoId('00', 106), fullname: '唐果', email: 'tangguo@shop.example' },
  qinLang: { uuid: demoId('00', 107), fullname: '秦朗', email: 'qinlang@shop.example' },
} satisfies Record<string, DemoUser>;

export const users = { ...agents, ...customers };

export type UserName = keyof typeof users;

export const isAgent = (name: UserName): boolean => name in agents;

/** The arguments of `demoTime`. */
export type Moment = readonly [day: number, minute: number];

/** When the app and its first users came. */
export const founded: Moment = [-20, 0];

/** The time of the users who came later. */
export const arrivals: Partial<Record<UserName, Moment>> = {
  fangYuan: [-19, 62],
  maJun: [-16, 310],
  dingXiaoyu: [-12, 40],
  suQing: [-6, 595],
  xuNuo: [-3, 140],
  empty: [0, 0],
  qinLang: [0, 250],
  tangGuo: [0, 475],
  visitor: [0, 525],
};

/** The removed agent left at this time. */
export const left: Moment = [-15, 540];

/** The groups and their agents. The second one has waiting customers while none of its agents is online. */
export const groups = [
  { name: '售后', desc: '退换货、破损、物流', members: ['agent', 'admin', 'muted'], algorithm: 'BROADCAST' },
  { name: '团购', desc: '学校和单位的批量订购', members: ['admin', 'muted'], algorithm: 'SMART' },
  { name: '会员', desc: '积分、优惠券和生日礼物', members: ['agent', 'admin'], algorithm: 'LOAD' },
] as const satisfies { name: string; desc: string; members: UserName[]; algorithm: string }[];

export const scriptGroups = ['物流', '售后', '问候'] as const;

export const scripts = [
  { group: 0, question: '什么时候发货？', answer: '当天十六点前的订单当天发货，之后的第二天发货。' },
  { group: 0, question: '发什么快递？', answer: '江浙沪发中通，其他地方发顺丰，不能指定。' },
  { group: 0, question: '能改地址吗？', answer: '还没有发出的可以，请把新地址发给我。' },
  { group: 1, question: '书破损了怎么办？', answer: '很抱歉！请拍一张照片发过来，我们马上补寄。' },
  { group: 2, question: '你好', answer: '您好，欢迎光临青禾书店，有什么可以帮您？' },
] as const;

/** A text, or a file of a kind. */
export type DemoContent = string | { kind: 'IMAGE' | 'AUDIO' | 'VIDEO' | 'DOCUMENT' | 'FILE' | 'TXT'; file: FileName };

export interface DemoConversation {
  creator: UserName;
  members: readonly UserName[];
  at: Moment;
  group?: number;
  /** NEW when there are no messages, otherwise OPEN. */
  isClosed?: true;
  messages: readonly (readonly [from: UserName, content: DemoContent])[];
}

/** Oldest first. */
export const conversations: readonly DemoConversation[] = [
  {
    creator: 'fangYuan',
    members: ['removed'],
    at: [-19, 65],
    isClosed: true,
    messages: [
      ['fangYuan', '请问《北方的河》还有货吗？'],
      ['removed', '有的，今天下单明天到。'],
      ['fangYuan', '好，那我拍两本。'],
    ],
  },
  {
    creator: 'maJun',
    members: ['admin', 'muted'],
    at: [-16, 312],
    group: 1,
    messages: [
      ['maJun', '我们学校想买六十本《小王子》，有折扣吗？'],
      ['admin', '六十本可以打七折，每本二十一元，包邮。'],
      ['maJun', '可以。发票开学校的名字。'],
      ['maJun', { kind: 'DOCUMENT', file: 'invoice' }],
      ['admin', '收到，发票随书一起寄出。'],
    ],
  },
  {
    creator: 'dingXiaoyu',
    members: ['agent'],
    at: [-12, 41],
    messages: [
      ['dingXiaoyu', { kind: 'AUDIO', file: 'recording' }],
      ['agent', '听到了，您是问签名本什么时候到货。'],
      ['dingXiaoyu', '对的！'],
      ['agent', '下周三到，到了我给您留一本。'],
    ],
  },
  {
    creator: 'fangYuan',
    members: ['agent', 'admin', 'muted'],
    at: [-9, 450],
    group: 0,
    isClosed: true,
    messages: [
      ['fangYuan', '收到的书有几页脱胶，我拍了一段。'],
      ['fangYuan', { kind: 'VIDEO', file: 'film' }],
      ['muted', '非常抱歉，这是装订的问题。'],
      ['muted', { kind: 'TXT', file: 'policy' }],
      ['fangYuan', '好的，我选补寄。'],
      ['muted', '已经安排，单号稍后短信发给您。'],
    ],
  },
  {
    creator: 'suQing',
    members: ['agent'],
    at: [-1, 362],
    messages: [
      ['suQing', '书角撞坏了，能换一本吗？'],
      ['suQing', { kind: 'IMAGE', file: 'book' }],
      ['agent', '看到了，这就给您补寄一本。旧的请按退货单寄回，运费我们出。'],
      ['agent', { kind: 'FILE', file: 'returnForm' }],
      ['suQing', '好的，谢谢！'],
    ],
  },
  {
    creator: 'agent',
    members: ['admin'],
    at: [-1, 500],
    messages: [
      ['agent', '明天早班谁来？我上午要去仓库。'],
      ['admin', '我来，你下午回来就行。'],
      ['agent', '好，补寄的那本我顺便带出来。'],
    ],
  },
  {
    creator: 'xuNuo',
    members: ['agent', 'admin'],
    at: [0, 380],
    messages: [
      ['xuNuo', '你好，我的订单什么时候发货？'],
      ['agent', '您好，请告诉我订单号。'],
      ['xuNuo', 'QH20488，买了两本书，这是付款凭证。'],
      ['xuNuo', { kind: 'IMAGE', file: 'receipt' }],
      ['agent', '已经打包，今天下午发出。'],
    ],
  },
  { creator: 'visitor', members: ['agent', 'admin'], at: [0, 540], messages: [] },
];

/** The conversation that the credentials name. */
export const conversationUuid = demoId('30', 7);

/** Customers who wait for an agent of a group. They ask for some minutes only (P-70). */
export const waiting: readonly { user: UserName; group?: number; at: Moment }[] = [
  { user: 'tangGuo', group: 1, at: [0, 580] },
  { user: 'qinLang', group: 1, at: [0, 590] },
];

export interface DemoDevice {
  user: UserName;
  /** The id that the program has given to the device. */
  terminal: string;
  type: 'MAB' | 'WIB' | 'ANB' | 'IOS' | 'AND' | 'MAC';
  name: string;
  version: string;
}

export const devices: readonly DemoDevice[] = [
  { user: 'xuNuo', terminal: 'trace-3c9a', type: 'MAB', name: 'Safari', version: '15.3' },
  { user: 'suQing', terminal: 'ios-77c1', type: 'IOS', name: '苏晴的 iPhone', version: '18.2' },
  { user: 'maJun', terminal: 'trace-81d0', type: 'WIB', name: 'Edge', version: '11' },
  { user: 'visitor', terminal: 'trace-5f1d', type: 'ANB', name: 'Chrome', version: '14' },
  { user: 'qinLang', terminal: 'trace-a24e', type: 'MAB', name: 'Chrome', version: '15.1' },
  { user: 'agent', terminal: '5f2c9a10', type: 'MAC', name: '前台', version: '15.3' },
  { user: 'admin', terminal: 'android-40be', type: 'AND', name: '罗一鸣的手机', version: '15' },
];

/** How customers are found who come without an e-mail address: the browser, or the shop's number of the customer. */
export const traces: Partial<Record<UserName, string>> = { visitor: 'trace-5f1d', xuNuo: 'user:10086' };

/** A package of the agents' program. */
export const demoPackage = {
  app_distinct_name: 'com.ppmessage.ppkefu',
  app_platform: 'MAC',
  app_friendly_name: '客服端',
  app_file_name: 'ppkefu.dmg',
  app_version_code: 12,
  app_version_name: '1.2.0',
  app_file_url: 'https://shop.example/ppkefu.dmg',
};

/** The pages that customers visited, by the places of their devices. */
export const visits: readonly { device: number; page: string; title: string; at: Moment }[] = [
  { device: 2, page: 'books/41', title: '小王子', at: [-16, 308] },
  { device: 1, page: 'orders/QH20317', title: '我的订单', at: [-1, 360] },
  { device: 0, page: '', title: '青禾书店', at: [-3, 140] },
  { device: 0, page: 'books/7', title: '契约的艺术', at: [-3, 143] },
  { device: 0, page: 'cart', title: '购物车', at: [-3, 151] },
  { device: 0, page: 'orders/QH20488', title: '我的订单', at: [0, 370] },
  { device: 4, page: 'groups', title: '团购', at: [0, 575] },
  { device: 3, page: 'books/12', title: '北方的河', at: [0, 535] },
];
