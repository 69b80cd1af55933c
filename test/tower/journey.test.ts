import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import { type Person, type Token, useTower } from '../oauth/flow.ts';
import { describeEachDatabase } from '../support/databases.ts';
import type { Answer, Resource } from './caller.ts';
import type { Form } from './team.ts';

// A day with Tower, over plain HTTP as its documentation shows it: a client that knows an address and credentials.
describeEachDatabase('a journey through Tower', (databases) => {
  const tower = useTower(databases);

  const signIn = async ({ username, password }: Person) => {
    const { client_id, client_secret } = tower.credentials;
    const response = await fetch(`${tower.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'password', client_id, client_secret, username, password }),
    });
    expect(response.status).toBe(200);
    return (await response.json()) as Token;
  };

  const send = async <Body>({ access_token }: Token, method: string, path: string, body?: unknown) => {
    const response = await fetch(`${tower.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${access_token}`, 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect([response.status, text]).toEqual([200, text]);
    return JSON.parse(text) as Body;
  };
  const get = <Data = Resource[]>(token: Token, path: string) => send<Answer<Data>>(token, 'GET', path);

  it('lists my todos, completes one, mentions a colleague, attaches a file, and both see it', async () => {
    const me = await signIn(tower.credentials.user);
    const [team] = (await get(me, '/teams')).data;
    const { data: myMember } = await get<Resource>(me, `/teams/${team?.id}/member`);
    const { data: members } = await get(me, `/teams/${team?.id}/members`);

    const mine = `/members/${myMember.id}/assigned_uncompleted_todos`;
    const [todo] = (await get(me, mine)).data;
    const done = await send<Answer>(me, 'POST', `/todos/${todo?.id}/completion`);
    expect(done.data).toMatchObject({ id: todo?.id, attributes: { is_completed: true } });
    expect((await get(me, mine)).data.map(({ id }) => id)).not.toContain(todo?.id);

    const colleague = await signIn(tower.credentials.colleague);
    const { data: theirMember } = await get<Resource>(colleague, `/teams/${team?.id}/member`);
    const nickname = members.find(({ id }) => id === theirMember.id)?.attributes.nickname;
    const content = `<p><a href="/members/${theirMember.id}" data-mention="true">@${nickname}</a> 请看附件</p>`;
    const comment = await send<Answer>(me, 'POST', `/todos/${todo?.id}/comments`, { comment: { content } });
    expect(comment.data).toMatchObject({ type: 'comments', attributes: { content } });

    const file = Buffer.from('上线清单');
    const md5 = createHash('md5').update(file).digest('hex');
    const { guid, directUpload } = await send<Form>(me, 'POST', `/teams/${team?.id}/direct_uploads`, {
      filename: '清单.txt',
      byte_size: file.length,
      md5,
    });
    const { url, ...fields } = directUpload;
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('file', new Blob([file], { type: 'text/plain' }), '清单.txt');
    expect((await fetch(url, { method: 'POST', body: form })).status).toBe(200);
    const changed = await send<Answer>(me, 'PATCH', `/todos/${todo?.id}`, { todo: { attfile_guids: [guid] } });
    const attachment = changed.included.find(({ type }) => type === 'attachments');
    expect(attachment?.attributes).toMatchObject({ filename: '清单.txt', byte_size: file.length });
    expect(await (await fetch(attachment?.attributes.url)).text()).toBe('上线清单');

    const events = (await get(colleague, `/teams/${team?.id}/events?limit=3`)).data;
    const title = todo?.attributes.content;
    expect(events.map(({ attributes }) => attributes)).toMatchObject([
      { action: '更改了任务', title },
      { action: '回复了任务', title },
      { action: '完成了任务', title },
    ]);
    const { data: notifications, included } = await get(colleague, `/teams/${team?.id}/notifications`);
    expect(notifications[0]?.attributes).toMatchObject({ read: false, target_guid: todo?.id });
    const progress = notifications[0]?.relationships?.progress?.data;
    expect(included.find(({ id, type }) => isDeepStrictEqual({ id, type }, progress))?.attributes).toMatchObject({
      nickname: myMember.attributes.nickname,
      subject_str: title,
      content_str: content,
    });
  });
});
