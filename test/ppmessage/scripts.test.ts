import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeEachDatabase } from '../support/databases.ts';
import { useDesk } from './desk.ts';

// P-50.
describeEachDatabase('ppmessage: predefined scripts', (databases) => {
  const desk = useDesk(databases);

  const add = async (script_answer: string, group_uuid?: string) =>
    (await desk.kefu.ok('PP_ADD_PREDEFINED_SCRIPT', { script_answer, ...(group_uuid && { group_uuid }) })).uuid;
  const addGroup = async (group_name = '问候') =>
    (await desk.console.ok('PP_ADD_PREDEFINED_SCRIPT_GROUP', { group_name })).uuid;
  const inGroup = async (group_uuid: string) =>
    (await desk.kefu.ok('PP_GET_PREDEFINED_SCRIPT_WITH_GROUP', { group_uuid })).list.map(({ uuid }) => uuid);
  const all = async () => (await desk.kefu.ok('PP_GET_ALL_PREDEFINED_SCRIPT', {})).list;

  it('adds a script, with and without a question and a group', async () => {
    const group_uuid = await addGroup();
    const fields = { script_question: '什么时候发货？', script_answer: '今天', group_uuid };
    const made = await desk.kefu.ok('PP_ADD_PREDEFINED_SCRIPT', fields);
    expect(made).toMatchObject({ ...fields, app_uuid: desk.app_uuid });
    const plain = await desk.console.ok('PP_ADD_PREDEFINED_SCRIPT', { script_answer: '谢谢' });
    expect(plain).toMatchObject({ script_question: null, script_answer: '谢谢', group_uuid: null });
    expect(await all()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ uuid: made.uuid, script_answer: '今天' }),
        expect.objectContaining({ uuid: plain.uuid }),
      ]),
    );
    expect(await inGroup(group_uuid)).toEqual([made.uuid]);
  });

  it('moves a script into a group, to another group, and out of it', async () => {
    const [one, two] = [await addGroup('一'), await addGroup('二')];
    const script_uuid = await add('再见');
    const move = (group_uuid?: string) =>
      desk.console.ok('PP_MOVE_PREDEFINED_SCRIPT_INTO_GROUP', { script_uuid, ...(group_uuid && { group_uuid }) });
    await move(one);
    expect(await inGroup(one)).toEqual([script_uuid]);
    await move(two);
    expect([await inGroup(one), await inGroup(two)]).toEqual([[], [script_uuid]]);
    await move();
    expect(await inGroup(two)).toEqual([]);
    await move(two);
    await desk.console.ok('PP_MOVE_PREDEFINED_SCRIPT_INTO_GROUP', { script_uuid, group_uuid: '' });
    expect(await inGroup(two)).toEqual([]);
    expect((await all()).find(({ uuid }) => uuid === script_uuid)?.group_uuid).toBeNull();
  });

  it('removes a script', async () => {
    const script_uuid = await add('过时');
    await desk.kefu.ok('PP_REMOVE_PREDEFINED_SCRIPT', { script_uuid });
    expect((await all()).map(({ uuid }) => uuid)).not.toContain(script_uuid);
    expect(await desk.kefu.code('PP_REMOVE_PREDEFINED_SCRIPT', { script_uuid })).toBe('18');
  });

  it('keeps the scripts of a removed group', async () => {
    const group_uuid = await addGroup('临时');
    const script_uuid = await add('留下', group_uuid);
    await desk.console.ok('PP_REMOVE_PREDEFINED_SCRIPT_GROUP', { group_uuid });
    expect((await all()).find(({ uuid }) => uuid === script_uuid)).toMatchObject({ group_uuid: null });
    const { list } = await desk.kefu.ok('PP_GET_ALL_PREDEFINED_SCRIPT_GROUP', {});
    expect(list.map(({ uuid }) => uuid)).not.toContain(group_uuid);
    expect(await desk.kefu.code('PP_GET_PREDEFINED_SCRIPT_WITH_GROUP', { group_uuid })).toBe('18');
  });

  it('returns 18 for a group of agents', async () => {
    const { group } = await desk.things();
    expect(await desk.kefu.code('PP_ADD_PREDEFINED_SCRIPT', { script_answer: 'x', group_uuid: group })).toBe('18');
  });

  it('returns 18 for an unknown script or group, and for another app’s', async () => {
    const theirs = await desk.otherThings();
    const script_uuid = await add('这里');
    for (const strange of [randomUUID(), theirs.scriptGroup]) {
      const fields = { script_uuid, group_uuid: strange };
      expect(await desk.console.code('PP_MOVE_PREDEFINED_SCRIPT_INTO_GROUP', fields)).toBe('18');
      expect(await desk.kefu.code('PP_GET_PREDEFINED_SCRIPT_WITH_GROUP', { group_uuid: strange })).toBe('18');
    }
    for (const strange of [randomUUID(), theirs.script])
      expect(await desk.kefu.code('PP_REMOVE_PREDEFINED_SCRIPT', { script_uuid: strange })).toBe('18');
    expect((await all()).map(({ uuid }) => uuid)).not.toContain(theirs.script);
  });

  it('returns 28 for a long answer, and for a long name of a group', async () => {
    expect(await desk.kefu.code('PP_ADD_PREDEFINED_SCRIPT', { script_answer: '长'.repeat(513) })).toBe('28');
    expect(await desk.console.code('PP_ADD_PREDEFINED_SCRIPT_GROUP', { group_name: '长'.repeat(129) })).toBe('28');
    await desk.console.ok('PP_ADD_PREDEFINED_SCRIPT_GROUP', { group_name: '长'.repeat(128) });
  });
});
