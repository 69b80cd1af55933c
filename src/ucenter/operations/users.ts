import type { Database, Transaction } from '../../database/open.ts';
import { isUniqueViolation, lockInTransaction, transact } from '../../database/transact.ts';
import { HttpError } from '../../errors.ts';
import { requireAdmin, requireUser } from '../model/access.ts';
import { enterDefaultApp } from '../model/applications.ts';
import { rolesOf } from '../model/roles.ts';
import { guessCode, useCode, useProof } from '../model/sms-codes.ts';
import { emailColumns, isPhoneLike, prepareUser, readDetails, readUser } from '../model/users.ts';
import { Failure } from '../wire/errors.ts';
import { labelOf } from '../wire/field-errors.ts';
import { accept, type Operation, type Schemas } from '../wire/operation.ts';
import { toTimestamp } from '../wire/views.ts';

/** Oneself; others only for who administers the token's app, and only people of that app. Facts, section 5.1. */
export const getUser: Operation<'getUser'> = async ({ query, actor }, context) => {
  const self = requireUser(actor);
  const id = query.user_id ?? self;
  if (id !== self) await requireAdmin(actor, context);
  const user = await readUser(context.database, id);
  if (user === undefined) throw new HttpError('not_found', 'There is no such user');
  if (id !== self && (await rolesOf(context.database, actor.clientId, id)).length === 0) {
    throw new HttpError('forbidden', 'This user has no role in the app');
  }
  return accept('获取用户信息成功', user);
};

/** Makes an account for a phone and uses its code up: both happen or nothing. Facts, section 5.2. */
export const createUser: Operation<'createUser'> = async ({ body: { phone, password, code }, actor }, { database }) => {
  await requireFree(database, 'phone', phone);
  if (!(await guessCode(database, phone, code))) throw wrongCode();
  const row = await prepareUser({ username: phone, phone, password, clientId: actor?.clientId });
  const id = await transact(database, async (trx) => {
    if (!(await useCode(trx, phone, code))) throw wrongCode();
    const user = await trx.insertInto('ucenter_users').values(row).returning('id').executeTakeFirstOrThrow();
    await enterDefaultApp(trx, user.id);
    return user.id;
  }).catch((error: unknown) => {
    throw isUniqueViolation(error) ? taken('phone') : error;
  });
  return accept('注册成功', { user_id: id, username: phone, phone, created_at: toTimestamp(row.created_at) });
};

const wrongCode = () => new Failure('验证码验证失败', 'code');

/** Changes one's own profile: everything that was sent, or nothing. Facts, section 5.3. */
export const updateUser: Operation<'updateUser'> = async ({ body, actor }, { database }) => {
  const id = requireUser(actor);
  const change = () =>
    transact(database, async (trx) => {
      await lockInTransaction(trx, `ucenter_users:${id}`);
      const changed = await changeAccount(trx, id, body, (phone) => useProof(trx, phone, actor));
      const filled = await changeDetails(trx, id, body);
      if (!changed && !filled) throw new Failure('未做修改');
      return readUser(trx, id);
    });
  // Two people may want the same name at once. The slower one sees it when looking again.
  const user = await change().catch((error: unknown) => {
    if (isUniqueViolation(error)) return change();
    throw error;
  });
  return accept('修改成功', user as Schemas['User']);
};

type Changes = Schemas['UserChanges'];

/** Changes what people sign in by. False when nothing differs. */
async function changeAccount(
  trx: Transaction,
  id: number,
  { username: typed, email, phone }: Changes,
  isProved: (phone: string) => Promise<boolean>,
): Promise<boolean> {
  const user = await trx.selectFrom('ucenter_users').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const changes: Partial<typeof user> = {};
  if (phone !== undefined && phone !== user.phone) {
    changes.phone = phone;
    // Who never chose a name goes by the phone.
    if (user.username === user.phone) changes.username = phone;
  }
  // Signing in does not look at blanks around a name.
  const username = typed?.trim();
  if (username === '') throw new Failure(`${labelOf('username')} 不能为空。`, 'username');
  if (username !== undefined && username !== user.username) changes.username = username;
  if (email !== undefined && email !== user.email) Object.assign(changes, emailColumns(email));
  if (Object.keys(changes).length === 0) return false;

  if (changes.username && isPhoneLike(changes.username) && changes.username !== (changes.phone ?? user.phone))
    throw new Failure(`${labelOf('username')} 不能是别人的手机号。`, 'username');
  if (changes.username) await requireFree(trx, 'username', changes.username, id);
  if (changes.email_key) await requireFree(trx, 'email_key', changes.email_key, id);
  if (changes.phone) {
    await requireFree(trx, 'phone', changes.phone, id);
    if (!(await isProved(changes.phone))) throw new Failure(`${labelOf('phone')} 尚未验证。`, 'phone');
  }
  await trx
    .updateTable('ucenter_users')
    .set({ ...changes, updated_at: Date.now() })
    .where('id', '=', id)
    .execute();
  return true;
}

/** Fills in fields of the catalogue; others are ignored. False when nothing differs. */
async function changeDetails(trx: Transaction, id: number, body: Changes): Promise<boolean> {
  const sent = body as Record<string, unknown>;
  const details = (await readDetails(trx, id)).filter(
    ({ name, value }) => sent[name] !== undefined && sent[name] !== (value ?? ''),
  );
  for (const { name } of details) {
    const value = sent[name];
    // The contract knows the fields of the document, and not those that operators have added.
    if (typeof value !== 'string') throw new Failure(`${labelOf(name)} 必须是字符串。`, name);
    if (value.length > 255) throw new Failure(`${labelOf(name)} 不能大于 255 个字符。`, name);
    await trx
      .insertInto('ucenter_details')
      .values({ user_id: id, name, value })
      .onConflict((conflict) => conflict.columns(['user_id', 'name']).doUpdateSet({ value }))
      .execute();
  }
  return details.length > 0;
}

type UniqueColumn = 'username' | 'email_key' | 'phone';

async function requireFree(database: Database | Transaction, column: UniqueColumn, value: string, self = 0) {
  const other = await database
    .selectFrom('ucenter_users')
    .select('id')
    .where(column, '=', value)
    .where('id', '!=', self)
    .executeTakeFirst();
  if (other !== undefined) throw taken(column === 'email_key' ? 'email' : column);
}

const taken = (field: string) => new Failure(`${labelOf(field)} 已经存在。`, field);
