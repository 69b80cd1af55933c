import { afterEach, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { resolve, type TowerWebhook, verifyWebhook } from '../../src/client/index.ts';
import { receiveWebhooks, type WebhookCall } from '../messages/receivers.ts';
import type { App } from '../oauth/flow.ts';
import { type Browser, elementById, type Page, textOf } from '../support/browser.ts';
import { describeEachDatabase, describePostgres } from '../support/databases.ts';
import { startServer } from '../support/server.ts';
import { type Team, useTeam } from './team.ts';

const bodyOf = ({ body }: WebhookCall) => JSON.parse(body) as TowerWebhook;
const titleOf = (call: WebhookCall) => {
  const { event, data } = bodyOf(call);
  return event === 'event' ? resolve(data).title : event;
};

/** The pages of the webhooks of an application. */
class WebhookPages {
  private readonly browser: Browser;
  readonly address: string;

  constructor(browser: Browser, address: string) {
    this.browser = browser;
    this.address = address;
  }

  list = (): Promise<Page> => this.browser.visit(this.address);

  async submit(url: string, fields: Record<string, string> = { events: '1' }): Promise<Page> {
    const { forms } = await this.list();
    const form = forms.find(({ names, fields: given }) => names.includes('url') || 'url' in given);
    return this.browser.post(form as never, { ...form?.fields, url, ...fields });
  }

  /** Registers an address. */
  async register(url: string, fields?: Record<string, string>): Promise<{ id: string; secret: string }> {
    const page = await this.submit(url, fields);
    expect(page.status, textOf(page.html)).toBe(200);
    const { html } = await this.list();
    const id = [...html.matchAll(/webhooks\/(\w+)\/secret/g)].at(-1)?.[1] as string;
    return { id, secret: elementById(page.html, 'webhook_secret') as string };
  }

  async press(id: string, action: string): Promise<Page> {
    const page = await this.list();
    return this.browser.submit(page.forms.find((form) => form.action === `${this.address}/${id}/${action}`));
  }

  deliveries = (id: string): Promise<Page> => this.browser.visit(`${this.address}/${id}/deliveries`);

  /** Sends the newest delivery again. */
  async resend(id: string): Promise<Page> {
    return this.browser.submit((await this.deliveries(id)).forms.find(({ action }) => action.endsWith('/resend')));
  }
}

/** A new application of the demo team, made by its owner, with the pages of its webhooks. */
async function createApplication(team: Team): Promise<{ app: App; pages: WebhookPages }> {
  const browser = await team.tower.signedIn();
  const applications = `${team.tower.url}/app_center/teams/${team.teamId}/applications`;
  const { forms } = await browser.visit(applications);
  const form = forms.find(({ names }) => names.includes('redirect_uris'));
  const redirect_uri = 'https://app.example/callback';
  const { html } = await browser.submit(form, { name: '应用', redirect_uris: redirect_uri });
  const client_id = elementById(html, 'client_id') as string;
  const client_secret = elementById(html, 'client_secret') as string;
  const pages = new WebhookPages(browser, `${applications}/${client_id}/webhooks`);
  return { app: { client_id, client_secret, redirect_uri }, pages };
}

/** A receiver whose address has no secret: the app centre makes one. */
async function receiveCalls(answer?: Parameters<typeof receiveWebhooks>[0]) {
  const { url, calls } = await receiveWebhooks(answer);
  return { url: url.replace(/\/\/.*@/, '//'), calls };
}

const eventually = (check: () => Promise<unknown>) => vi.waitFor(check, { timeout: 15_000 });
const until = (condition: () => unknown) => eventually(async () => expect(condition()).toBeTruthy());

// T-63 to T-66.
describeEachDatabase('webhooks', (databases) => {
  const team = useTeam(databases);
  let app: App;
  let pages: WebhookPages;
  let open: string;

  beforeAll(async () => {
    ({ app, pages } = await createApplication(team));
    open = await team.todolist(await team.project([team.ids.lin], '公开'));
  });
  afterEach(() => void vi.useRealTimers());

  const later = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
  const HOUR = 60 * 60 * 1000;

  it('are signed with the secret that was shown once, and say the same as the lists', async () => {
    const receiver = await receiveCalls();
    const { id, secret } = await pages.register(receiver.url);
    await until(() => receiver.calls.length === 1);
    expect(bodyOf(receiver.calls[0] as WebhookCall)).toMatchObject({
      event: 'connected',
      team_id: team.teamId,
      data: {},
    });
    await team.todo(open, { content: '写首页' });
    await until(() => receiver.calls.length === 2);
    const { headers, body, method, path } = receiver.calls[1] as WebhookCall;
    expect([method, path]).toEqual(['POST', '/messages?from=qiyue']);
    const signature = headers['qiyue-signature'] as string;
    const call = await verifyWebhook({ body, signature, secret });
    const { data, included } = await team.owner.list(`/teams/${team.teamId}/events?limit=1`);
    // No request says where the server is.
    const told = JSON.parse(JSON.stringify(call).replaceAll('http://127.0.0.1:3000', new URL(team.tower.url).origin));
    expect(told).toEqual({
      id: headers['idempotency-key'],
      event: 'event',
      team_id: team.teamId,
      data: { data: data[0], included, jsonapi: { version: '1.0' } },
    });
    expect((await pages.list()).html).not.toContain(secret);
    const log = textOf((await pages.deliveries(id)).html);
    expect(log).toMatch(/todo.created 写首页[\s\S]*已送达 · 1/);

    for (const wrong of [
      { body: `${body} `, signature, secret },
      { body, signature, secret: 'other' },
      { body, signature: null, secret },
      { body, signature: signature.replace('t=', 't=1'), secret },
      { body, signature, secret, now: Date.now() + 301_000 },
    ])
      await expect(verifyWebhook(wrong)).rejects.toThrow(/signature/i);
    await pages.press(id, 'delete');
  });

  it('are sent again with the same key until they are accepted, and on request', async () => {
    let status = 500;
    const receiver = await receiveCalls(() => status);
    const { id } = await pages.register(receiver.url);
    await until(() => receiver.calls.length === 1);
    await eventually(async () =>
      expect(textOf((await pages.deliveries(id)).html)).toMatch(/等待发送 · 1[\s\S]*the receiver answered 500/),
    );
    expect(textOf((await pages.list()).html)).toContain('送不到');
    status = 204;
    later(30_000);
    await until(() => receiver.calls.length === 2);
    await eventually(async () => expect(textOf((await pages.deliveries(id)).html)).toMatch(/已送达 · 2/));
    expect(textOf((await pages.list()).html)).not.toContain('送不到');
    await pages.resend(id);
    await until(() => receiver.calls.length === 3);
    expect(new Set(receiver.calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(new Set(receiver.calls.map(({ body }) => body)).size).toBe(1);
    await pages.press(id, 'delete');
  });

  it('get only what the members see who have allowed the application', async () => {
    const { pages: own, app: ownApp } = await createApplication(team);
    const receiver = await receiveCalls();
    const admin = await team.tower.addMember({ role: 'admin' });
    const { id } = await new WebhookPages(await team.tower.signedIn(admin), own.address).register(receiver.url, {
      events: '1',
      notifications: '1',
    });
    const members = team.tower.database.updateTable('tower_members').where('team_id', '=', team.teamId);
    await members.set({ role: 'member' }).where('user_id', '=', admin.id).execute();

    // No member that can see the project has allowed the application.
    await team.todo(open, { content: '一', assignee_id: team.ids.lin });
    const lin = await team.tower.database
      .selectFrom('tower_members')
      .innerJoin('tower_users', 'tower_users.id', 'user_id')
      .select('username')
      .where('tower_members.id', '=', team.ids.lin)
      .executeTakeFirstOrThrow();
    await team.tower.signIn({ username: lin.username, password: `password of ${lin.username}` }, ownApp);
    await team.todo(open, { content: '二', assignee_id: team.ids.lin });
    await until(() => receiver.calls.length === 3);
    expect(receiver.calls.map(titleOf).sort()).toEqual(['connected', 'notification', '二'].sort());
    const notification = receiver.calls.map(bodyOf).find(({ event }) => event === 'notification');
    expect(notification).toMatchObject({ member_id: team.ids.lin, data: { data: { type: 'notifications' } } });

    // What waits is checked again when it is sent.
    await team.tower.database.deleteFrom('oauth_tokens').where('client_id', '=', ownApp.client_id).execute();
    await own.resend(id);
    await eventually(async () =>
      expect(textOf((await own.deliveries(id)).html)).toContain('no member who allows the application can see it'),
    );
    expect(receiver.calls).toHaveLength(3);
  });

  it('are turned off by a 410 and turned on again by an admin', async () => {
    let status = 410;
    const receiver = await receiveCalls(() => status);
    const { id } = await pages.register(receiver.url);
    await eventually(async () => expect(textOf((await pages.list()).html)).toMatch(/已停用[\s\S]*410/));
    await team.todo(open);
    status = 204;
    await pages.press(id, 'enable');
    await until(() => receiver.calls.length === 2);
    expect(receiver.calls.map(titleOf)).toEqual(['connected', 'connected']);
    expect(textOf((await pages.list()).html)).not.toContain('已停用');
    await pages.press(id, 'delete');
  });

  it('are put off while the address fails, and turned off after three days', async () => {
    let status = 500;
    const receiver = await receiveCalls(() => status);
    const { id } = await pages.register(receiver.url);
    await until(() => receiver.calls.length === 1);
    const queued = () =>
      team.tower.database
        .selectFrom('messages_outbox')
        .select(['id', 'next_attempt_at'])
        .where('recipient', '=', id)
        .where('status', '=', 'queued')
        .execute();
    await eventually(async () => expect((await queued())[0]?.next_attempt_at).toBeGreaterThan(Date.now()));
    later(HOUR);
    await until(() => receiver.calls.length === 2);
    await eventually(async () => expect((await queued())[0]?.next_attempt_at).toBeGreaterThan(Date.now() + 10_000));
    // A new one is tried at once; its success sends the others.
    status = 204;
    await team.todo(open);
    await until(() => receiver.calls.length === 4);
    await eventually(async () => expect(await queued()).toEqual([]));

    status = 500;
    await team.todo(open);
    await until(() => receiver.calls.length === 5);
    await eventually(async () => expect(textOf((await pages.list()).html)).toContain('送不到'));
    later(73 * HOUR);
    await eventually(async () => expect(await queued()).toEqual([]));
    // The session of the browser would be over.
    vi.useRealTimers();
    await eventually(async () => expect(textOf((await pages.list()).html)).toMatch(/已停用[\s\S]*三天/));
    await pages.press(id, 'delete');
  });

  it('are signed with a new secret after the old one was replaced', async () => {
    const receiver = await receiveCalls();
    const { id } = await pages.register(receiver.url);
    const secret = elementById((await pages.press(id, 'secret')).html, 'webhook_secret') as string;
    await until(() => receiver.calls.length === 1);
    await pages.resend(id);
    await until(() => receiver.calls.length === 2);
    const { body, headers } = receiver.calls[1] as WebhookCall;
    const signature = headers['qiyue-signature'] as string;
    expect(await verifyWebhook({ body, signature, secret })).toMatchObject({ event: 'connected' });
    await pages.press(id, 'delete');
  });

  it('end with the application', async () => {
    const { app: gone, pages: own } = await createApplication(team);
    await own.register('http://127.0.0.1:9/');
    await team.tower.database.deleteFrom('oauth_clients').where('id', '=', gone.client_id).execute();
    const left = team.tower.database.selectFrom('tower_webhooks').select('id').where('client_id', '=', gone.client_id);
    expect(await left.execute()).toEqual([]);
  });

  it.each([
    ['no address', ''],
    ['a relative address', '/tower'],
    ['another scheme', 'ftp://app.example/'],
    ['a password', 'https://user:secret@app.example/'],
  ])('are rejected with %s', async (_title, url) => {
    const page = await pages.submit(url);
    expect(page.status).toBe(400);
    expect(page.html).toContain('role="alert"');
    expect(app.client_id).toBeDefined();
  });
});

// T-64: as in production.
describeEachDatabase('webhooks to private addresses', (databases) => {
  const team = useTeam(databases, { PRIVATE_WEBHOOKS: '0', TOWER_WEBHOOK_LIMIT: '1' });

  it('are rejected, and not sent when a name stands for one', async () => {
    const { pages } = await createApplication(team);
    for (const url of [
      'http://app.example/',
      'https://127.0.0.1/',
      'https://0x7f.1/',
      'https://[::1]/',
      'https://[::ffff:10.0.0.1]/',
      'https://169.254.169.254/latest/meta-data',
      'https://100.64.0.1/',
      'https://[fd00::1]/',
    ]) {
      const page = await pages.submit(url);
      expect([url, page.status]).toEqual([url, 400]);
    }
    const { id } = await pages.register('https://localhost:9/');
    await eventually(async () =>
      expect(textOf((await pages.deliveries(id)).html)).toContain('the address is not public'),
    );
    const second = await pages.submit('https://app.example/');
    expect([second.status, textOf(second.html)]).toEqual([400, expect.stringContaining('上限')]);
  });
});

describePostgres('webhooks of two nodes', (databases) => {
  const team = useTeam(databases);

  it('are sent by one of them', async () => {
    const other = await startServer({ DATABASE_URL: team.tower.server.context.config.databaseUrl });
    onTestFinished(() => other.close());
    const { pages } = await createApplication(team);
    const receiver = await receiveCalls();
    await pages.register(receiver.url);
    const list = await team.todolist(await team.project([], '两个节点'));
    const titles = Array.from({ length: 20 }, (_, index) => `任务 ${index}`);
    await Promise.all(titles.map((content) => team.todo(list, { content })));
    await until(() => receiver.calls.length >= titles.length + 3);
    const received = receiver.calls.map(titleOf).filter((title) => title.startsWith('任务'));
    expect(received.sort()).toEqual([...titles].sort());
  });
});
