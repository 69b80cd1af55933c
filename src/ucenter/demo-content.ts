/** What the first demo application, the site of a magazine's editors, has recorded in three weeks. */

/** The arguments of `demoTime`. */
export type Moment = readonly [day: number, minute: number];

/** When the applications and the first users came. */
export const founded: Moment = [-20, 0];

export interface DemoUser {
  id: number;
  /** Shown in the credentials; UCenter itself has no names. */
  name: string;
  username: string;
  password: string;
  email?: string;
  phone?: string;
  at: Moment;
  details?: Partial<Record<'position' | 'address' | 'department' | 'school' | 'sex', string>>;
}

export const users = {
  user: {
    id: 101,
    name: '林知夏',
    username: 'demo',
    password: 'demo-password',
    email: 'demo@ucenter.example',
    phone: '13800000101',
    at: founded,
    details: { position: '编辑', address: '天津市南开区', department: '内容部', school: '南开大学', sex: '女' },
  },
  second_user: {
    id: 102,
    name: '周屿',
    username: 'second',
    password: 'second-password',
    email: 'second@ucenter.example',
    phone: '13800000102',
    at: [-17, 95],
    details: { position: '撰稿人', address: '杭州市西湖区', sex: '男' },
  },
  admin: {
    id: 103,
    name: '陈立',
    username: 'admin',
    password: 'admin-password',
    email: 'admin@ucenter.example',
    phone: '13800000103',
    at: founded,
    details: { position: '工程师', department: '研发部' },
  },
  /** The phone was changed yesterday and does not reset the password yet (U-48). */
  unverified: {
    id: 104,
    name: '孟晓',
    username: 'mengxiao',
    password: 'unverified-password',
    email: 'mengxiao@ucenter.example',
    phone: '13800000104',
    at: [-8, 210],
    details: { position: '美术编辑', department: '内容部', sex: '女' },
  },
  /** Has no role, no address and no details. */
  empty: { id: 105, name: '吴可', username: 'wuke', password: 'empty-password', at: [0, 60] },
} as const satisfies Record<string, DemoUser>;

export type UserName = keyof typeof users;

/** The new phone of `unverified` counts from this day on. */
export const trusted: Moment = [2, 0];

/** Permissions of the first application; the first one is a group with the three after it. */
export const permissions = [
  ['user', '用户管理'],
  ['create-user', '创建用户'],
  ['update-user', '修改用户'],
  ['delete-user', '删除用户'],
  ['view-report', '查看报表'],
] as const;

/** Roles of the first application beside those that every application has, with their permissions. */
export const roles = [
  { name: 'editor', title: '编辑', permissions: ['create-user', 'update-user', 'delete-user'] },
  { name: 'reporter', title: '数据分析', permissions: ['view-report'] },
] as const;

interface DemoRecord {
  /** Undefined where the application acted for itself. */
  by?: UserName;
  at: Moment;
}

/** Each list is in the order of time. */
export const smsMessages: readonly (DemoRecord & { phone: string })[] = [
  { phone: users.user.phone, at: [-20, 2] },
  { phone: users.second_user.phone, at: [-17, 93] },
  { phone: users.unverified.phone, at: [-8, 208] },
  { by: 'unverified', phone: users.unverified.phone, at: [-1, 320] },
];

export const emails: readonly (DemoRecord & { email: string; subject: string; content: string })[] = [
  {
    email: users.user.email,
    subject: '欢迎加入',
    content: '林知夏，您好：您的账号已经开通，请用手机号登录。',
    at: [-20, 5],
  },
  {
    by: 'admin',
    email: users.second_user.email,
    subject: '约稿',
    content: '周屿，您好：下一期想请您写一篇三千字的游记，下周五之前交稿可以吗？',
    at: [-14, 70],
  },
  {
    by: 'user',
    email: users.second_user.email,
    subject: '稿件已经收到',
    content: '谢谢！校样周三寄给您。',
    at: [-6, 410],
  },
  {
    by: 'admin',
    email: users.user.email,
    subject: '本周例会改到周四',
    content: '会议室在三楼，请带上选题。',
    at: [0, 130],
  },
];

export const logs: readonly (DemoRecord & {
  type: 'A' | 'D' | 'S' | 'U';
  title: string;
  data: string;
  sql: string;
  ip: string;
})[] = [
  {
    by: 'admin',
    type: 'A',
    title: '创建角色',
    data: '{"name":"editor","title":"编辑"}',
    sql: "insert into roles (name, title) values ('editor', '编辑')",
    ip: '203.0.113.7',
    at: [-20, 30],
  },
  {
    by: 'user',
    type: 'A',
    title: '新建文章',
    data: '{"title":"江南的春天"}',
    sql: "insert into articles (title) values ('江南的春天')",
    ip: '203.0.113.21',
    at: [-12, 185],
  },
  {
    by: 'user',
    type: 'U',
    title: '修改文章',
    data: '{"id":31,"title":"江南四月"}',
    sql: "update articles set title = '江南四月' where id = 31",
    ip: '203.0.113.21',
    at: [-5, 260],
  },
  {
    type: 'D',
    title: '清理草稿',
    data: '{"count":4}',
    sql: "delete from articles where state = 'draft'",
    ip: '203.0.113.2',
    at: [-2, 15],
  },
  {
    by: 'admin',
    type: 'S',
    title: '导出报表',
    data: '{"report":"readers"}',
    sql: "select * from reports where name = 'readers'",
    ip: '203.0.113.7',
    at: [0, 300],
  },
];

/** Hills above a river. */
const COVER =
  'iVBORw0KGgoAAAANSUhEUgAAAMgAAACgAgMAAAA0kcs6AAAADFBMVEX989zicltPf1ovXWLfJDbaAAABEUlEQVR42u3VuQ2EMBQEUEAiId8mqGJL' +
  'IMD9UAohcpO7iMsHh/98aVmCmZin+dhgZxnDMAzzvxhj3pgoR9LCJWBNPpEGIa+JGHguaLJ8Ic1PSbmQFn575P0VZBXAkuEk30hDQvIUcs/Hf9OP' +
  'rDhh7jn6FGey5uRX3C+KW0xzVypuZIZ5Umo7poMFZCq7RCyKVdhBSqxLD44lH80XspqgRFYTCklNVCKpiUW6ZleSrtmLVM1BiV/Ty0r8Giss8WoO' +
  'hqyPSeeGOP+EwwyO9LISV7Nb8rMSV7Nb8tOSrSbe2cpexJEhtSfh3kSHSH1J5gfDbSquxTxPsBgpMT/o87SYHrRwSEhISKTkA4eEhISEhCSZL6SQ' +
  'DVoNvZfdAAAAAElFTkSuQmCC';

export interface DemoFile {
  name: string;
  type: string;
  bytes: Uint8Array;
}

export const files: readonly (DemoRecord & DemoFile)[] = [
  {
    by: 'user',
    name: '封面.png',
    type: 'image/png',
    bytes: Buffer.from(COVER, 'base64'),
    at: [-13, 95],
  },
  {
    by: 'second_user',
    name: '江南四月.txt',
    type: 'text/plain',
    bytes: Buffer.from('四月的江南，雨下得很轻。\n桥头卖青团的阿婆说，今年的艾草比去年香。\n'),
    at: [-7, 330],
  },
  {
    by: 'user',
    name: '选题表.csv',
    type: 'text/plain',
    bytes: Buffer.from('选题,作者,截稿\n江南四月,周屿,周五\n老城的书店,林知夏,下周一\n'),
    at: [0, 215],
  },
];
