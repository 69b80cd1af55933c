import { type Html, html } from '../html.ts';
import type { Frame } from './frame.ts';
import type { Language, Page } from './page.ts';
import { costs, type Load, type Needs, needsOf, usualLoad } from './scale.ts';
import { limits, steps } from './scale-texts.ts';

const words = {
  zh: {
    title: '能走多远',
    lead: '多少在线用户需要多少 CPU、进程、数据库提交和 Redis 流量；什么时候加什么。',
    costs: '测得的费用',
    costsLead:
      '节点在 PostgreSQL 上每次操作的 CPU 时间，微秒，由 `npm run bench -- costs` 在两个节点和一台有其他负载的双核机器上测得。',
    costNames: {
      read: '读一条记录（Tower 的 `getCurrentMember`）',
      message: '发一条消息（GoBelieve 的 `sendPeerMessage`，双方不在线）',
      event: '一条消息到达一个读者（双方在线时多出的费用的一半）',
      connect: '打开一个事件流（GoBelieve 的 `streamEvents`，有一条错过的消息）',
    },
    formula: '公式',
    formulaText:
      'CPU 核数 = Σ 每秒次数 × 费用；进程数 = 核数 ÷ 0.7，每个进程最多一万个事件流；提交次数不超过消息数，也不超过应用数 ÷ 一次提交的时间，因为同一个应用等待的消息合并提交。',
    users: '在线用户',
    load: (one: Load) =>
      `每个用户每小时发 ${one.messagesPerHour} 条消息（其中 ${Math.round(one.groupShare * 100)}% 发给在线 ${one.groupMembers} 人的群），读 ${one.readsPerHour} 次，重连 ${one.reconnectsPerHour} 次；${one.apps} 个应用。`,
    needs: {
      messagesPerSecond: '消息／秒',
      eventsPerSecond: '到达／秒',
      busyCores: '用满的核',
      processes: '进程',
      memoryGigabytes: '事件流内存，GB',
      commitsPerSecond: '提交／秒',
      queriesPerSecond: '查询／秒',
      redisMessagesPerSecond: 'Redis 消息／秒',
      redisMegabytesPerSecond: 'Redis，MB／秒',
    },
    steps: '什么时候加什么',
    stepColumns: ['什么时候', '加什么'],
    limits: '请注意',
  },
  en: {
    title: 'How far it goes',
    lead: 'How much CPU, how many processes and commits and how much traffic of Redis a number of users needs, and what to add when.',
    costs: 'Measured costs',
    costsLead:
      'CPU time of the nodes on PostgreSQL in microseconds for each operation, as `npm run bench -- costs` printed it for two nodes on two cores with other work.',
    costNames: {
      read: 'Reading a record (Tower: `getCurrentMember`)',
      message: 'Sending a message (GoBelieve: `sendPeerMessage` between users who are offline)',
      event: 'A message at one reader (half of what it costs more when both are online)',
      connect: 'Opening an event stream (GoBelieve: `streamEvents` with one missed message)',
    },
    formula: 'The formula',
    formulaText:
      'Cores = Σ operations a second × cost. Processes = cores ÷ 0.7, with at most 10,000 event streams each. Commits are at most the messages, and at most the apps ÷ the time of a commit, because the messages of one app that wait are committed together.',
    users: 'Users online',
    load: (one: Load) =>
      `Each user sends ${one.messagesPerHour} messages an hour (${Math.round(one.groupShare * 100)} % of them to groups with ${one.groupMembers} members online), reads ${one.readsPerHour} times and reconnects ${one.reconnectsPerHour} times; ${one.apps} apps.`,
    needs: {
      messagesPerSecond: 'messages/s',
      eventsPerSecond: 'arrivals/s',
      busyCores: 'busy cores',
      processes: 'processes',
      memoryGigabytes: 'memory of streams, GB',
      commitsPerSecond: 'commits/s',
      queriesPerSecond: 'queries/s',
      redisMessagesPerSecond: 'Redis messages/s',
      redisMegabytesPerSecond: 'Redis, MB/s',
    },
    steps: 'What to add when',
    stepColumns: ['When', 'What to add'],
    limits: 'Mind',
  },
};

const examples = [10_000, 100_000, 1_000_000];

/** The page about capacity. */
export async function scalePage(language: Language, frame: Frame): Promise<Page> {
  const text = words[language];
  const names = Object.keys(text.needs) as (keyof Needs)[];
  const needs = examples.map((users) => needsOf({ ...usualLoad, users }));
  const body = html`<h1>${text.title}</h1>
<p>${text.lead}</p>
<section class="card"><h2>${text.costs}</h2><p class="soft">${withCode(text.costsLead)}</p>
<table>${(Object.keys(costs) as (keyof typeof costs)[]).map((name) => html`<tr><th scope="row">${withCode(text.costNames[name])}</th><td>${costs[name]}</td></tr>`)}</table></section>
<section class="card"><h2>${text.formula}</h2><p>${text.formulaText}</p><p class="soft">${text.load(usualLoad)}</p>
<div class="scroll" tabindex="0"><table><tr><th scope="col">${text.users}</th>${examples.map((users) => html`<th scope="col">${number(users)}</th>`)}</tr>
${names.map((name) => html`<tr><th scope="row">${text.needs[name]}</th>${needs.map((one) => html`<td>${number(one[name])}</td>`)}</tr>`)}</table></div></section>
<section class="card"><h2>${text.steps}</h2>
<table><tr>${text.stepColumns.map((column) => html`<th scope="col">${column}</th>`)}</tr>
${steps.map(({ when, what }) => html`<tr><th scope="row">${withCode(when[language])}</th><td>${withCode(what[language])}</td></tr>`)}</table></section>
<section class="card"><h2>${text.limits}</h2><ul>${limits.map((one) => html`<li>${withCode(one[language])}</li>`)}</ul></section>`;
  return frame({ language, folders: { zh: 'scale', en: 'scale/en' }, title: text.title }, body);
}

const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });

/** Texts in backticks as code. */
const withCode = (text: string): (Html | string)[] =>
  text.split('`').map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));
