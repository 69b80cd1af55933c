/**
 * What is in the demo team. Days count as in `demoTime`, so there are always overdue todos and fresh discussions; members
 * are named by their place in `people`.
 */

export interface DemoMember {
  username: string;
  nickname: string;
  role: 'owner' | 'admin' | 'member';
  /** Has left the team. */
  isRemoved?: boolean;
}

/** The members of the team. The first two are users of their own in the credentials. */
export const people: readonly DemoMember[] = [
  { username: 'demo@tower.example', nickname: '何晴', role: 'owner' },
  { username: 'otp@tower.example', nickname: '许航', role: 'member' },
  { username: 'lin@tower.example', nickname: '林晓', role: 'admin' },
  { username: 'chen@tower.example', nickname: '陈默', role: 'member' },
  { username: 'wang@tower.example', nickname: '王倩', role: 'member' },
  { username: 'zhao@tower.example', nickname: '赵磊', role: 'member' },
  { username: 'zhou@tower.example', nickname: '周宁', role: 'member' },
  { username: 'sun@tower.example', nickname: '孙悦', role: 'member' },
  { username: 'meng@tower.example', nickname: '孟凡', role: 'member', isRemoved: true },
];

export const nicknameOf = (place: number): string => people[place]?.nickname ?? '';

export const subgroups = [
  { name: '设计组', members: [2, 4] },
  { name: '研发组', members: [3, 5, 6] },
  { name: '产品组', members: [0, 2] },
] as const;

export const labels = ['设计', '文案', '缺陷', '紧急'] as const;

/** Custom fields of the whole team. */
export const fields = [
  {
    key: 'select_C4SJPfKe',
    name: '平台',
    field_type: 'select',
    options: [
      { value: 'fcd8170c', label: '网页' },
      { value: '5be01a93', label: '手机' },
    ],
  },
  { key: 'number_n7Wq2LxA', name: '工时', field_type: 'number', options: [] },
  { key: 'hyperlink_Hb3TzP9k', name: '原型', field_type: 'hyperlink', options: [] },
  { key: 'date_d5RmV8sE', name: '上线日期', field_type: 'date', options: [] },
] as const;

export interface DemoComment {
  by: number;
  day: number;
  /** Mentions this member. */
  mention?: number;
  text: string;
}

export interface DemoTimeLog {
  by: number;
  day: number;
  hours: number;
  text: string;
}

export interface DemoTodo {
  content: string;
  by: number;
  day: number;
  to?: number;
  due?: number;
  done?: number;
  desc?: string;
  priority?: 'highest' | 'higher' | 'lower';
  labels?: readonly number[];
  cc?: readonly number[];
  fields?: Readonly<Record<string, string | readonly { name: string; link: string }[]>>;
  comments?: readonly DemoComment[];
  logs?: readonly DemoTimeLog[];
  /** Sub-todos. */
  below?: readonly DemoTodo[];
}

export interface DemoTopic {
  title: string;
  text: string;
  by: number;
  day: number;
  replies: readonly DemoComment[];
}

export interface DemoProject {
  name: string;
  desc: string;
  by: number;
  day: number;
  members: readonly number[];
  topics: readonly DemoTopic[];
  /** The first one is the default list. */
  lists: readonly { name: string; todos: readonly DemoTodo[] }[];
}

export const projects: readonly DemoProject[] = [
  {
    name: '官网改版',
    desc: '新官网这个月上线',
    by: 0,
    day: -20,
    members: [0, 1, 2, 3, 4, 5, 6, 7],
    topics: [
      {
        title: '首页改版方向',
        text: '<p>首屏只讲一件事：团队协作从任务开始。大家看看有没有不同意见。</p>',
        by: 2,
        day: -20,
        replies: [
          { by: 4, day: -19, text: '同意，我按这个方向出两版设计。' },
          { by: 0, day: -18, mention: 4, text: '第二版更好，就用它。' },
        ],
      },
      {
        title: '上线时间',
        text: '<p>计划下周五晚上切换域名，需要大家值班。</p>',
        by: 0,
        day: -3,
        replies: [
          { by: 5, day: -2, text: '我来准备回滚的步骤。' },
          { by: 3, day: -2, text: '我值前半夜。' },
          { by: 0, day: -1, mention: 5, text: '好，步骤写完发在这里。' },
        ],
      },
      {
        title: '首页用哪张图',
        text: '<p>两张图各有好处，大家看看。</p>',
        by: 4,
        day: -1,
        replies: [
          { by: 2, day: -1, text: '第一张更像我们的产品。' },
          { by: 5, day: -1, text: '第一张在手机上也清楚。' },
          { by: 0, day: 0, mention: 4, text: '那就第一张。' },
        ],
      },
    ],
    lists: [
      {
        name: '清单外任务',
        todos: [
          { content: '续费域名', by: 0, day: -15, to: 0, due: 5, priority: 'lower' },
          { content: '约三位客户访谈', by: 0, day: -6, to: 0, due: -1 },
          { content: '整理上线清单', by: 0, day: -3, to: 0, due: 4, priority: 'higher' },
          { content: '购买证书', by: 0, day: -18, to: 0, due: -15, done: -16 },
          { content: '上线公告的提纲', by: 0, day: -12, to: 0, due: -8, done: -9, labels: [1] },
          { content: '更新团队介绍', by: 0, day: -8, to: 0, due: -4, done: -5, labels: [1] },
        ],
      },
      {
        name: '设计',
        todos: [
          { content: '首页视觉稿', by: 2, day: -20, to: 4, due: -14, done: -15, labels: [0] },
          {
            content: '图标与插画',
            by: 2,
            day: -14,
            to: 4,
            due: -2,
            labels: [0],
            comments: [
              { by: 0, day: -1, mention: 4, text: '已经过期两天了，需要帮忙吗？' },
              { by: 4, day: -1, text: '还差三张，明天给。' },
            ],
          },
          { content: '手机版适配', by: 4, day: -10, to: 4, due: 3, labels: [0] },
        ],
      },
      {
        name: '开发',
        todos: [
          {
            content: '搭建首页',
            by: 2,
            day: -14,
            to: 3,
            due: 2,
            priority: 'higher',
            desc: '<p>按定稿的视觉稿，先完成首屏。</p>',
            cc: [0, 2, 6],
            fields: {
              select_C4SJPfKe: 'fcd8170c',
              number_n7Wq2LxA: '24',
              hyperlink_Hb3TzP9k: [{ name: '首页原型', link: 'https://tower.example/prototypes/home' }],
            },
            comments: [
              { by: 3, day: -5, mention: 0, text: '首屏做完了，请看一下。' },
              { by: 0, day: -5, text: '看过了，动画再快一点就好。' },
              { by: 3, day: 0, mention: 6, text: '客户案例也放上去了，可以开始测试。' },
            ],
            logs: [
              { by: 3, day: -13, hours: 2, text: '画草图' },
              { by: 3, day: -8, hours: 3, text: '首屏' },
              { by: 3, day: -1, hours: 2, text: '客户案例' },
            ],
            below: [
              { content: '首屏', by: 3, day: -13, to: 3, due: -6, done: -6 },
              { content: '客户案例', by: 3, day: -13, to: 3, due: 0 },
              { content: '页脚', by: 3, day: -13, to: 5, due: 2 },
            ],
          },
          {
            content: '表单在旧浏览器上提交失败',
            by: 6,
            day: -4,
            to: 5,
            due: -1,
            priority: 'highest',
            labels: [2, 3],
            comments: [{ by: 6, day: -3, mention: 5, text: '第二次点击之后一定出现。' }],
          },
          { content: '统一错误页', by: 8, day: -12, to: 5, due: -7, done: -8 },
          { content: '接入访问统计', by: 0, day: -9, to: 5, due: 6 },
        ],
      },
      {
        name: '内容',
        todos: [
          { content: '首页文案', by: 2, day: -19, to: 7, due: -12, done: -12, labels: [1] },
          { content: '客户案例三篇', by: 0, day: -11, to: 7, due: -3, labels: [1] },
          { content: '常见问题', by: 7, day: -6, to: 0, due: 1, labels: [1] },
        ],
      },
    ],
  },
  {
    name: '手机应用 2.0',
    desc: '',
    by: 2,
    day: -18,
    members: [0, 2, 3, 5, 6],
    topics: [
      {
        title: '离线时怎么办',
        text: '<p>没有网络时能不能先写任务，连上之后再同步？</p>',
        by: 3,
        day: -8,
        replies: [{ by: 2, day: -7, mention: 5, text: '可以，冲突的时候以后写的为准？' }],
      },
    ],
    lists: [
      { name: '清单外任务', todos: [] },
      {
        name: '2.0',
        todos: [
          {
            content: '消息推送',
            by: 2,
            day: -17,
            to: 5,
            due: -9,
            done: -10,
            fields: { select_C4SJPfKe: '5be01a93', number_n7Wq2LxA: '16' },
          },
          { content: '离线编辑', by: 2, day: -7, to: 3, due: 9, priority: 'higher' },
          { content: '深色模式', by: 3, day: -16, to: 3, due: -5, done: -4 },
          { content: '启动时偶尔白屏', by: 6, day: -3, to: 3, due: -1, priority: 'highest', labels: [2] },
        ],
      },
      {
        name: '测试',
        todos: [
          { content: '回归测试用例', by: 6, day: -12, to: 6, due: 4 },
          { content: '准备测试机', by: 6, day: -16, to: 6, due: -13, done: -13 },
        ],
      },
    ],
  },
  {
    name: '春季推广',
    desc: '预算和渠道',
    by: 7,
    day: -15,
    members: [0, 2, 4, 7],
    topics: [],
    lists: [
      { name: '清单外任务', todos: [{ content: '确认预算', by: 7, day: -15, to: 0, due: -10, done: -11 }] },
      {
        name: '渠道',
        todos: [
          { content: '投放计划', by: 7, day: -14, to: 7, due: -4, done: -4, labels: [1] },
          { content: '海报', by: 7, day: -8, to: 4, due: -1, labels: [0, 3], cc: [0, 2] },
          { content: '活动总结', by: 0, day: -2, to: 7, due: 10 },
        ],
      },
    ],
  },
];
