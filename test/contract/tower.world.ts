import { createHash } from 'node:crypto';
import type { Limits } from '../../src/limits.ts';

/** A user's name and password. */
export interface Login {
  username: string;
  password: string;
}

/** `tower` of `GET /sandbox/credentials`. */
export interface Demo {
  client_id: string;
  client_secret: string;
  redirect_uri: string;
  team_id: string;
  empty_team_id: string;
  user: Login;
  otp_user: Login;
  outsider: Login;
}

/** A browser: its cookie, and the CSRF token of its forms. */
export interface Browser {
  headers: { Cookie: string };
  csrf_token: string;
}

interface Token {
  access_token: string;
  refresh_token: string;
}

export const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob';

/** What users and applications do before the request of a case. */
export class TowerWorld {
  readonly demo: Demo;
  /** A plain member of the demo team. */
  readonly colleague: Login;
  /** Of an application without a secret. */
  readonly publicClientId: string;
  readonly limits: Limits;
  private readonly url: string;
  private otpBrowser: Promise<Browser> | undefined;

  constructor(url: string, demo: Demo, colleague: Login, publicClientId: string, limits: Limits) {
    this.publicClientId = publicClientId;
    this.limits = limits;
    this.url = url;
    this.demo = demo;
    this.colleague = colleague;
  }

  /** A browser that is not signed in. */
  async visit(): Promise<Browser> {
    return browserIn(await this.fetch('/oauth/sign_in'));
  }

  async signIn({ username, password }: Login): Promise<Browser> {
    const { headers, csrf_token } = await this.visit();
    const response = await this.post('/oauth/sign_in', { csrf_token, username, password }, headers);
    return this.signedIn(response);
  }

  /** The browser after a successful sign-in. */
  async signedIn(response: Response): Promise<Browser> {
    const Cookie = cookieIn(response);
    return browserIn(await this.fetch('/app_center', { headers: { Cookie } }), Cookie);
  }

  /** A browser that has sent the password of the user with two-step verification. */
  async startSecondStep(): Promise<Browser & { challenge: string }> {
    const browser = await this.visit();
    const response = await this.post(
      '/oauth/sign_in',
      { csrf_token: browser.csrf_token, ...this.demo.otp_user },
      browser.headers,
    );
    return { ...browser, challenge: valueIn(await response.text(), 'challenge') };
  }

  /** A browser of the user with two-step verification. All cases share one sign-in, because codes are limited. */
  async signInWithCode(): Promise<Browser> {
    this.otpBrowser ??= this.startSecondStep().then(async ({ headers, csrf_token, challenge }) =>
      this.signedIn(
        await this.post('/oauth/sign_in', { csrf_token, challenge, captcha: await this.codeSent() }, headers),
      ),
    );
    return this.otpBrowser;
  }

  /** The newest code for the user with two-step verification. */
  async codeSent(): Promise<string> {
    const response = await this.fetch(
      `/../sandbox/outbox?wait=10s&to=${encodeURIComponent(this.demo.otp_user.username)}`,
    );
    const [message] = (await response.json()) as { code: string }[];
    return message?.code ?? '';
  }

  async token({ username, password } = this.demo.user): Promise<Token> {
    const response = await this.post('/oauth/token', { ...this.client, grant_type: 'password', username, password });
    return (await response.json()) as Token;
  }

  /** The headers of a user's request to a resource. */
  async bearer(login?: Login): Promise<{ Authorization: string }> {
    return { Authorization: `Bearer ${(await this.token(login)).access_token}` };
  }

  /** Calls an operation below `/api/v1`, and returns the id of its resource. */
  async create(path: string, json: unknown, headers: Record<string, string>): Promise<string> {
    const response = await this.fetch(`/api/v1${path}`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify(json),
    });
    return ((await response.json()) as { data: { id: string } }).data.id;
  }

  /** A new project of the demo user, with the colleague as its member. */
  async project(): Promise<string> {
    const member_ids = [await this.memberId(this.colleague)];
    const project = { name: '项目', desc: '说明', member_ids };
    return this.create(`/teams/${this.demo.team_id}/projects`, { project }, await this.bearer());
  }

  async todolist(projectId?: string): Promise<string> {
    const path = `/projects/${projectId ?? (await this.project())}/todolists`;
    return this.create(path, { todolist: { name: '清单', desc: '<p>说明</p>' } }, await this.bearer());
  }

  /** The default list of a new project. */
  async defaultTodolist(): Promise<string> {
    const project = await this.project();
    const response = await this.fetch(`/api/v1/projects/${project}/todolists`, { headers: await this.bearer() });
    return ((await response.json()) as { data: { id: string }[] }).data[0]?.id ?? '';
  }

  /** A new todo in a list of its own, due and assigned to the colleague, with a sub-todo and a comment. */
  async todo(): Promise<string> {
    const todolist = await this.todolist();
    const assignee_id = await this.memberId(this.colleague);
    const headers = await this.bearer();
    const todo = { content: '任务', desc: '<p>描述</p>', due_at: '2026-03-10', assignee_id };
    const id = await this.create(`/todolists/${todolist}/todos`, { todo }, headers);
    const sub = { content: '子任务', parent_id: id };
    await this.create(`/todolists/${todolist}/todos`, { todo: sub }, headers);
    await this.create(`/todos/${id}/comments`, { comment: { content: '<p>评论</p>' } }, headers);
    return id;
  }

  /** The number of a new todo in the demo team. */
  async teamWideId(): Promise<string> {
    const id = await this.todo();
    const response = await this.fetch(`/api/v1/todos/${id}`, { headers: await this.bearer() });
    const { data } = (await response.json()) as { data: { attributes: { team_wide_id: number } } };
    return String(data.attributes.team_wide_id);
  }

  /** The id of a user's member in the demo team. */
  async memberId(login?: Login): Promise<string> {
    const headers = await this.bearer(login);
    const response = await this.fetch(`/api/v1/teams/${this.demo.team_id}/member`, { headers });
    return ((await response.json()) as { data: { id: string } }).data.id;
  }

  /** The form of a direct upload of a text. */
  async uploadForm(content: string | Buffer, login?: Login): Promise<Record<string, string>> {
    const response = await this.fetch(`/api/v1/teams/${this.demo.team_id}/direct_uploads`, {
      method: 'POST',
      headers: { ...(await this.bearer(login)), 'Content-Type': 'application/json' },
      body: JSON.stringify({
        filename: 'a.txt',
        byte_size: content.length,
        md5: createHash('md5').update(content).digest('hex'),
      }),
    });
    const { url: _, ...form } = ((await response.json()) as { directUpload: Record<string, string> }).directUpload;
    return form;
  }

  /** Sends the form with the text as its file, and returns the id of the file. */
  async sendForm(fields: Record<string, unknown>, content: string | Buffer): Promise<string> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) if (typeof value === 'string') form.set(name, value);
    form.set('file', new Blob([content as BlobPart]), 'a.txt');
    const response = await this.fetch('/storage', { method: 'POST', body: form });
    return ((await response.json()) as { attfile_guid: string }).attfile_guid;
  }

  /** A stored file of a user that is not attached yet. */
  async storedFile(content: string | Buffer, login?: Login): Promise<string> {
    return this.sendForm(await this.uploadForm(content, login), content);
  }

  /** A new upload of the demo user in a new project. */
  async upload(content: string | Buffer = 'abc'): Promise<{ project: string; id: string; attfile: string }> {
    const project = await this.project();
    const attfile = await this.storedFile(content);
    const id = await this.create(`/projects/${project}/uploads`, { attfile_guid: attfile }, await this.bearer());
    return { project, id, attfile };
  }

  /** A new topic of the demo user in a new project, with an attachment and a comment. */
  async topic(): Promise<{ project: string; id: string }> {
    const project = await this.project();
    const attfile_guids = [await this.storedFile('abc')];
    const headers = await this.bearer();
    const topic = { message: { subject: '讨论', content: '<p>内容</p>' }, attfile_guids };
    const id = await this.create(`/projects/${project}/topics`, topic, headers);
    await this.create(`/topics/${id}/comments`, { comment: { content: '<p>评论</p>' } }, headers);
    return { project, id };
  }

  /** Two hours of the demo user on a new todo. */
  async timeLog(): Promise<{ project: string; todo: string; id: string }> {
    const project = await this.project();
    const list = await this.todolist(project);
    const headers = await this.bearer();
    const todo = await this.create(`/todolists/${list}/todos`, { todo: { content: '任务' } }, headers);
    const time_log = { starts_at: '2026-03-02T09:00', ends_at: '2026-03-02T11:00' };
    return { project, todo, id: await this.create(`/todos/${todo}/time_logs`, { time_log }, headers) };
  }

  /** The address of a new attachment, as the parts of a request. */
  async address(options: Record<string, string> = {}, content?: Buffer) {
    const { attfile } = await this.upload(content);
    const path = `/api/v1/attfiles/${attfile}?${new URLSearchParams(options)}`;
    const response = await this.fetch(path, { headers: await this.bearer() });
    const { searchParams } = new URL(((await response.json()) as { url: string }).url);
    return {
      params: { team_id: this.demo.team_id, attfile_id: attfile },
      query: Object.fromEntries(searchParams) as Record<string, string>,
    };
  }

  /** The credentials of the demo application as form fields. */
  get client() {
    const { client_id, client_secret } = this.demo;
    return { client_id, client_secret };
  }

  get basic() {
    return { Authorization: `Basic ${btoa(`${this.demo.client_id}:${this.demo.client_secret}`)}` };
  }

  get authorization() {
    const { client_id, redirect_uri } = this.demo;
    return { client_id, redirect_uri, response_type: 'code', state: '北京 & 50%' };
  }

  /** An authorization code for the demo application. */
  async code(): Promise<string> {
    const { headers, csrf_token } = await this.signIn(this.demo.user);
    const response = await this.post(
      '/oauth/authorize',
      { ...this.authorization, csrf_token, decision: 'allow' },
      headers,
    );
    return new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? '';
  }

  /** A new application, of the demo team unless another one is given. */
  async createApplication(
    { headers, csrf_token }: Browser,
    team_id = this.demo.team_id,
  ): Promise<{ team_id: string; client_id: string }> {
    const form = { csrf_token, name: '新应用', redirect_uris: 'https://app.example/callback' };
    const response = await this.post(`/app_center/teams/${team_id}/applications`, form, headers);
    return { team_id, client_id: /id="client_id">([^<]+)/.exec(await response.text())?.[1] ?? '' };
  }

  /** An application of a team in which nothing happens: a webhook of the demo team would get a call for every case. */
  createQuietApplication(browser: Browser): Promise<{ team_id: string; client_id: string }> {
    return this.createApplication(browser, this.demo.empty_team_id);
  }

  async createWebhook(browser: Browser): Promise<{ team_id: string; client_id: string; webhook_id: string }> {
    const { team_id, client_id } = await this.createQuietApplication(browser);
    const path = `/app_center/teams/${team_id}/applications/${client_id}/webhooks`;
    const form = { csrf_token: browser.csrf_token, url: 'http://127.0.0.1:9/', events: '1' };
    await this.post(path, form, browser.headers);
    const list = await (await this.fetch(path, { headers: browser.headers })).text();
    return { team_id, client_id, webhook_id: [...list.matchAll(/webhooks\/(\w+)\/secret/g)].at(-1)?.[1] ?? 'none' };
  }

  /** The first delivery of a new webhook. */
  async createDelivery(browser: Browser): Promise<Record<string, string>> {
    const params = await this.createWebhook(browser);
    const { team_id, client_id, webhook_id } = params;
    const path = `/app_center/teams/${team_id}/applications/${client_id}/webhooks/${webhook_id}/deliveries`;
    const list = await (await this.fetch(path, { headers: browser.headers })).text();
    return { ...params, delivery_id: /deliveries\/([\w-]+)\/resend/.exec(list)?.[1] ?? 'none' };
  }

  async post(path: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(path, { method: 'POST', headers, body: new URLSearchParams(form) });
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url + path, { redirect: 'manual', ...init });
  }
}

const cookieIn = (response: Response) => response.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
const valueIn = (page: string, name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? '';

async function browserIn(response: Response, Cookie = cookieIn(response)): Promise<Browser> {
  return { headers: { Cookie }, csrf_token: valueIn(await response.text(), 'csrf_token') };
}
