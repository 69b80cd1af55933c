import type { Language } from './page.ts';

type Text = Readonly<Record<Language, string>>;

/** What to add, in the order in which it becomes necessary. */
export const steps: readonly { when: Text; what: Text }[] = [
  {
    when: { zh: '开发、演示、几百个在线用户', en: 'Development, demos, some hundred users online' },
    what: {
      zh: '一个进程，SQLite，不需要别的。',
      en: 'One process with SQLite and nothing else.',
    },
  },
  {
    when: { zh: '一个进程的 CPU 超过七成', en: 'One process uses more than 70 % of a core' },
    what: {
      zh: 'PostgreSQL、Redis（`REDIS_URL`）和 `WORKERS`：每个核一个进程。',
      en: 'PostgreSQL, Redis (`REDIS_URL`) and `WORKERS`: one process for each core.',
    },
  },
  {
    when: { zh: '一台机器不够，或者不能停机', en: 'One machine is not enough, or must not be the only one' },
    what: {
      zh: '更多节点，前面放负载均衡器；文件放进存储桶（`FILES_URL`）。节点只接收自己的连接所需要的事件，所以加节点就加容量。',
      en: 'More nodes behind a load balancer, and files in a bucket (`FILES_URL`). A node receives only the events that its own connections need, so that nodes add capacity.',
    },
  },
  {
    when: {
      zh: '进程数 × `DATABASE_POOL` 超过 PostgreSQL 的 `max_connections`',
      en: 'Processes × `DATABASE_POOL` exceed `max_connections` of PostgreSQL',
    },
    what: {
      zh: '事务模式的 PgBouncer。Qiyue 不使用会话状态。',
      en: 'PgBouncer in transaction mode. Qiyue keeps no state in a session.',
    },
  },
  {
    when: {
      zh: '一个 Redis 的一个核用满（每秒十万条以上）',
      en: 'One Redis uses all of its core (above 100,000 messages a second)',
    },
    what: {
      zh: 'Redis 集群（`redis://a:6379,b:6379`）：一个应用或团队的事件在一个节点上，应用分布在所有节点上。',
      en: 'A Redis cluster (`redis://a:6379,b:6379`): the events of one app or team are on one of its nodes, the apps are spread over all.',
    },
  },
  {
    when: { zh: 'PostgreSQL 的 CPU 用满，主要是读', en: 'PostgreSQL uses all of its CPU, mostly for reads' },
    what: {
      zh: '先用更大的机器。只读副本只适合报表和备份：Qiyue 的每个读都要看见刚刚提交的写，所以自己不读副本。',
      en: 'A larger machine first. Read replicas are for reports and backups: each read of Qiyue has to see what was committed just before, so it does not use them.',
    },
  },
  {
    when: {
      zh: '消息表大得清理不完、装不进内存',
      en: 'The tables of messages no longer fit into memory, or take too long to vacuum',
    },
    what: {
      zh: '按应用分区（`partition by hash (app_id)`）：GoBelieve 的消息和队列、PPMessage 的消息和推送记录，主键都从应用的编号开始，查询都带着它。',
      en: 'Partitions by app (`partition by hash (app_id)`): the keys of GoBelieve’s messages and queues and of PPMessage’s messages and pushes begin with the app, and their queries name it.',
    },
  },
  {
    when: { zh: '一个 PostgreSQL 写不过来', en: 'One PostgreSQL cannot take the writes' },
    what: {
      zh: '按应用拆成几套，每套自己的数据库，网关按应用转发。按应用编号分布的 PostgreSQL（例如 Citus）也可以放这些消息表，但我们没有试过，其余的表（群、Tower 的任务）主键里还没有应用编号。一个应用的消息依次编号，一次提交接着一次提交，所以一个应用留在一台 PostgreSQL 上；等待的消息合并提交。',
      en: 'Several installations, each with some of the apps and a database of its own, behind a gateway. A PostgreSQL that is distributed by app id, such as Citus, suits the tables of messages, too, but this is not tested, and the keys of other tables (groups, Tower’s todos) do not hold the app yet. The messages of one app have one sequence and are committed one after the other, so one app stays on one PostgreSQL; messages that wait are committed together.',
    },
  },
];

/** What the figures do not say. */
export const limits: readonly Text[] = [
  {
    zh: '公式是估计，不是保证：单项费用是在两个共享的核上测的（`npm run bench -- costs`），百万用户没有真正跑过。请在自己的机器上测，再用 `npm run bench -- simulate --users 1000000` 代入自己的用量。',
    en: 'The formula estimates and promises nothing: the single costs were measured on two shared cores (`npm run bench -- costs`), and a million users have never been run. Measure on your own machine, and put your own use into `npm run bench -- simulate --users 1000000`.',
  },
  {
    zh: '没有算进去的：上传和下载、登录时的密码散列（每次几十毫秒 CPU）、TLS、PostgreSQL 自己的 CPU。',
    en: 'Not included: uploads and downloads, the hashing of passwords at sign-in (tens of milliseconds of CPU each), TLS, and the CPU of PostgreSQL itself.',
  },
  {
    zh: '所有客户端同时重连时，费用是平时的许多倍。服务器关闭时让客户端在一到五秒内分散重连；一次只重启一部分节点。',
    en: 'When all clients reconnect at once, they cost many times as much as usual. A server that closes spreads its clients over one to five seconds; restart some nodes at a time.',
  },
];
