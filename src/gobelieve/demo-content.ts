import type { DemoState } from '../http/api.ts';
import { FIRST_CLIENT_ID } from './model/customers.ts';

/** What is in the demo app: its people, their groups, and what they wrote. Days count as in `demoTime`. */

/** A user of the demo app. */
export interface DemoUser {
  key: string;
  state?: DemoState;
  uid: number;
  name: string;
  english: string;
  token: string;
}

export const users = [
  { key: 'owner', uid: 10001, name: '林晓', english: 'Lin Xiao', token: 'DemoTokenOfUser10001ofApp1xxxx' },
  { key: 'member', uid: 10002, name: '陈默', english: 'Chen Mo', token: 'DemoTokenOfUser10002ofApp1xxxx' },
  {
    key: 'muted',
    state: 'muted',
    uid: 10003,
    name: '王倩',
    english: 'Wang Qian',
    token: 'DemoTokenOfUser10003ofApp1xxxx',
  },
  {
    key: 'removed',
    state: 'removed',
    uid: 10004,
    name: '赵磊',
    english: 'Zhao Lei',
    token: 'DemoTokenOfUser10004ofApp1xxxx',
  },
  {
    key: 'empty',
    state: 'empty',
    uid: 10005,
    name: '孙悦',
    english: 'Sun Yue',
    token: 'DemoTokenOfUser10005ofApp1xxxx',
  },
] as const satisfies readonly DemoUser[];

export const supporter = {
  key: 'supporter',
  uid: 500,
  name: '周宁',
  english: 'Zhou Ning',
  token: 'DemoTokenOfSeller500ofApp1xxxx',
} as const satisfies DemoUser;

export const customer = {
  key: 'customer',
  customerKey: 'c-10086',
  uid: FIRST_CLIENT_ID + 1,
  name: '何苗',
  english: 'He Miao',
  token: 'DemoTokenOfCustomerOfApp1xxxxx',
} as const;

export interface DemoGroup {
  name: string;
  english: string;
  notice: string;
  isSuper: boolean;
  /** The first is the master. */
  members: readonly number[];
  day: number;
}

/** Their ids are 1, 2 and 3. */
export const groups: readonly DemoGroup[] = [
  {
    name: '周末爬山',
    english: 'Weekend hike',
    notice: '周日早上七点半，地铁站 B 口集合',
    isSuper: false,
    members: [10001, 10002, 10003, 10004],
    day: -20,
  },
  {
    name: '官网改版',
    english: 'New website',
    notice: '',
    isSuper: false,
    members: [10002, 10001, 10003],
    day: -18,
  },
  {
    name: '全体同事',
    english: 'All colleagues',
    notice: '',
    isSuper: true,
    members: [10001, 10002, 10003, 10004],
    day: -18,
  },
];

/** Settings that members have in the first group, by uid. */
export const memberSettings: Readonly<Record<number, { nickname?: string; mute?: 1 }>> = {
  10001: { nickname: '领队' },
  10003: { mute: 1 },
};

/** The member that has left the first group. */
export const removal = { day: -10, uid: 10004 };

export interface DemoMessage {
  day: number;
  /** Null for a system message. */
  from: number | null;
  /** A uid. */
  to?: number;
  /** The id of a group. */
  group?: number;
  text: string;
}

/** In the order of their times. Groups 1 to 3 are there before. */
export const messages: readonly DemoMessage[] = [
  { day: -17, from: 10001, group: 1, text: '这个周末去爬山，谁有空？' },
  { day: -17, from: 10002, group: 1, text: '我去' },
  { day: -17, from: 10003, group: 1, text: '我也去，带一个朋友' },
  { day: -16, from: 10001, to: 10002, text: '你的车能坐几个人？' },
  { day: -16, from: 10002, to: 10001, text: '四个，再多就挤了' },
  { day: -15, from: 10004, group: 1, text: '这周要值班，下次吧' },
  { day: -14, from: 10001, group: 3, text: '下周一开始用新的请假流程，说明在内网首页' },
  { day: -13, from: 10002, group: 2, text: '首页的两版设计放在共享目录了' },
  { day: -13, from: 10001, group: 2, text: '第二版更好，就用它' },
  { day: -12, from: 10003, to: 10001, text: '首页的图标还差三张，明天给你' },
  { day: -12, from: 10001, to: 10003, text: '好，不急' },
  { day: -11, from: customer.uid, to: supporter.uid, text: '你好，我的订单什么时候发货？' },
  { day: -11, from: supporter.uid, to: customer.uid, text: '您好，请告诉我订单号' },
  { day: -11, from: customer.uid, to: supporter.uid, text: '20260301-7，买了两本书' },
  { day: -11, from: supporter.uid, to: customer.uid, text: '已经打包，今天下午发出' },
  { day: -9, from: 10002, group: 2, text: '表单在旧浏览器上提交失败，我来查' },
  { day: -9, from: 10002, group: 2, text: '找到了，第二次点击之后一定出现' },
  { day: -8, from: null, to: 10001, text: '你的文件空间还剩 20%' },
  { day: -7, from: 10001, to: 10002, text: '域名快到期了，记得续费' },
  { day: -7, from: 10002, to: 10001, text: '已经续了三年' },
  { day: -5, from: 10003, group: 2, text: '统一错误页做完了，请看一下' },
  { day: -4, from: 10001, group: 2, text: '看过了，文案改两处就行' },
  { day: -3, from: customer.uid, to: supporter.uid, text: '书收到了，其中一本有折痕，能换吗？' },
  { day: -3, from: supporter.uid, to: customer.uid, text: '可以，给您补发一本，旧的不用寄回' },
  { day: -2, from: 10001, group: 1, text: '周日天气不错，老地方集合？' },
  { day: -2, from: 10002, group: 1, text: '好，我带水和面包' },
  { day: -1, from: 10001, group: 3, text: '周五下午四点开季度会，会议室 301' },
  { day: -1, from: 10002, to: 10001, text: '季度会的数据我今天整理好' },
  { day: 0, from: 10001, to: 10002, text: '明早八点集合' },
  { day: 0, from: 10002, group: 1, text: '收到' },
  { day: 0, from: customer.uid, to: supporter.uid, text: '补发的书到了，谢谢' },
];
