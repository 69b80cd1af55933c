import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/gobelieve/commands.ts';
import { readAppOptions } from '../../src/gobelieve/model/app-options.ts';
import { findRefusals } from '../../src/gobelieve/model/relations.ts';
import { filterWords } from '../../src/gobelieve/model/word-filter.ts';
import { type App, call, createApp, createTenant, describeApps, newUid, refused, succeeded, User } from './apps.ts';

type Options = Record<string, string | readonly string[]>;

/** Options of an app, which its operator sets with commands (G-71 to G-73). */
describeApps('options of an app', (place) => {
  const run = (kind: string, action: string, options: Options) => {
    const command = commands[kind]?.[action];
    if (command === undefined) throw new Error(`There is no ${kind} ${action}`);
    return command.run({ other: [], word: [], ...options }, place.server.context);
  };

  describe('friends and blacklists', () => {
    /** Why devices may not send these messages, from the sender to the receiver. */
    async function refusals({ appid }: App, pairs: readonly (readonly [number, number])[]) {
      const { database } = place.server.context;
      const options = await readAppOptions(database, appid);
      const messages = pairs.map(([sender, receiver]) => ({ sender, receiver }));
      return findRefusals(database, appid, options, messages);
    }
    const [ann, bob, eve] = [newUid(), newUid(), newUid()];
    const everything = [
      [ann, bob],
      [bob, ann],
      [ann, eve],
      [eve, ann],
      [ann, ann],
    ] as const;

    it('do not count while the checks are off', async () => {
      const app = await createApp(place);
      const option = { app: String(app.appid) };
      await run('blacklist', 'add', { ...option, uid: String(ann), other: [String(bob)] });
      expect(await refusals(app, everything)).toEqual([undefined, undefined, undefined, undefined, undefined]);
    });

    it('refuse messages to strangers, and to a user who has ended the friendship', async () => {
      const app = await createApp(place);
      const option = { app: String(app.appid) };
      await run('app', 'update', { id: String(app.appid), 'friend-check': '1' });
      await run('friend', 'add', { ...option, uid: String(ann), other: [String(bob), String(eve)] });
      expect(await run('friend', 'list', { ...option, uid: String(bob) })).toEqual([{ other_uid: ann }]);
      expect(await refusals(app, [...everything, [bob, eve]])).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        'notFriend',
      ]);
      const removed = await run('friend', 'remove', { ...option, uid: String(eve), other: [String(ann)] });
      expect(removed).toEqual({ uid: eve, removed: 1 });
      expect(await refusals(app, everything)).toEqual([
        undefined,
        undefined,
        'notFriendOfReceiver',
        'notFriend',
        undefined,
      ]);
      // Another app has other friends.
      const other = await createApp(place);
      await run('app', 'update', { id: String(other.appid), 'friend-check': '1' });
      expect(await refusals(other, [[ann, bob]])).toEqual(['notFriend']);
    });

    it('refuse messages to a user who has blocked the sender', async () => {
      const app = await createApp(place);
      const option = { app: String(app.appid) };
      await run('app', 'update', { id: String(app.appid), 'blacklist-check': '1' });
      await run('blacklist', 'add', { ...option, uid: String(ann), other: [String(eve)] });
      expect(await refusals(app, everything)).toEqual([undefined, undefined, undefined, 'blocked', undefined]);
      await run('blacklist', 'remove', { ...option, uid: String(ann), other: [String(eve)] });
      expect(await refusals(app, everything)).toEqual([undefined, undefined, undefined, undefined, undefined]);
    });

    it('do not restrict what the server of the app sends (G-29)', async () => {
      const app = await createApp(place);
      await run('app', 'update', { id: String(app.appid), 'friend-check': '1', 'blacklist-check': '1' });
      const receiver = await app.user();
      await app.peer(newUid(), receiver.uid, 'from a stranger');
      expect(await receiver.contents()).toEqual(['from a stranger']);
    });
  });

  describe('the word filter', () => {
    async function filter({ appid }: App, content: string) {
      const { database } = place.server.context;
      return filterWords(database, appid, await readAppOptions(database, appid), content);
    }

    it('masks the longest word at each place, in any case, and nothing else', async () => {
      const app = await createApp(place);
      const option = { app: String(app.appid) };
      const content = '{"text":"Spam、SPAMMER and 广告🎁！", "uuid":"1"}';
      expect(await filter(app, content)).toBe(content);
      await run('word', 'add', { ...option, word: ['spam', 'spammer', '告🎁'] });
      expect(JSON.parse(await filter(app, content))).toEqual({ text: '****、******* and 广**！', uuid: '1' });
      for (const same of [
        '{ "text" : "harmless" }',
        '{"text":1}',
        '{"image2":{"url":"spam"}}',
        'spam',
        '"spam"',
        '{"text":"spam"',
        '[{"text":"spam"}]',
      ])
        expect(await filter(app, same)).toBe(same);
    });

    it('changes with the words, which may come from a file', async () => {
      const app = await createApp(place);
      const option = { app: String(app.appid) };
      const file = join(tmpdir(), `words-${newUid()}.txt`);
      await writeFile(file, '甲\r\n\n乙\n');
      expect(await run('word', 'add', { ...option, file })).toEqual({ added: 2 });
      expect(await run('word', 'list', option)).toEqual([{ word: '乙' }, { word: '甲' }]);
      expect(await filter(app, '{"text":"甲乙"}')).toBe('{"text":"**"}');
      expect(await run('word', 'remove', { ...option, word: ['甲', '丙'] })).toEqual({ removed: 1 });
      expect(await filter(app, '{"text":"甲乙"}')).toBe('{"text":"甲*"}');
      // Not in another app.
      expect(await filter(await createApp(place), '{"text":"甲乙"}')).toBe('{"text":"甲乙"}');
    });
  });

  it('kefu_appid lets customers meet the supporters of another app (G-73)', async () => {
    const desk = await createTenant(place, ['甲']);
    const shop = await createApp(place);
    const visit = () => call(place.url, 'POST', '/auth/customer', { json: { appid: shop.appid } });
    expect(refused(await visit())).toBe(400);
    const option = { id: String(shop.appid) };
    await run('app', 'update', { ...option, 'kefu-appid': String(desk.app.appid) });
    const { token, store_id, client_id } = succeeded(await visit());
    expect(store_id).toBe(desk.store_id);
    const customer = new User(place.url, client_id, token);
    const supporter = { seller_id: desk.sellers[0], name: '甲', avatar: expect.any(String), status: 'offline' };
    for (const query of ['', `?store_id=${store_id}`])
      expect(await customer.do('GET', `/supporters${query}`)).toEqual(supporter);
    const stream = await (await desk.app.user(desk.sellers[0])).listen();
    expect(await customer.do('GET', '/supporters')).toEqual({ ...supporter, status: 'online' });
    stream.close();
    const updated = {
      appid: shop.appid,
      friend_check: false,
      blacklist_check: false,
      kefu_appid: shop.appid,
      apns_topic: null,
    };
    expect(await run('app', 'update', { ...option, 'kefu-appid': 'own' })).toEqual(updated);
    expect(refused(await visit())).toBe(400);
    // The app of the supporters is deleted.
    await run('app', 'update', { ...option, 'kefu-appid': String(desk.app.appid) });
    await run('app', 'delete', { id: String(desk.app.appid) });
    expect(refused(await visit())).toBe(400);
    expect(await run('app', 'update', option)).toEqual(updated);
  });

  it('explains wrong options', async () => {
    const option = { app: '1', uid: '1' };
    await expect(run('app', 'update', { id: '1', 'friend-check': 'yes' })).rejects.toThrow('--friend-check must be');
    const unknown = { id: '1', 'kefu-appid': '987654321' };
    await expect(run('app', 'update', unknown)).rejects.toThrow('There is no app 987654321');
    await expect(run('friend', 'add', option)).rejects.toThrow('Give --other at least once');
    await expect(run('blacklist', 'add', { ...option, other: ['x'] })).rejects.toThrow(
      '--other must be a whole number',
    );
    await expect(run('word', 'add', option)).rejects.toThrow('Give --word at least once, or --file');
  });
});
