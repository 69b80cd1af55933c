import { randomUUID } from 'node:crypto';
import contract from '../../generated/ppmessage.json' with { type: 'json' };
import type { operations } from '../../generated/ppmessage.ts';
import { limitOf } from '../../src/config.ts';
import { ppmessage } from '../../src/ppmessage/index.ts';
import type { Exchange } from '../../src/verify/exchange.ts';
import type { Operation, Schema } from '../../src/verify/operations.ts';
import { credentialsOf, type Desk, newDevice, openDesk, type Seat } from '../ppmessage/desk.ts';
import { tinyPng } from '../support/thumbnails.ts';
import { inJson, type Spoiled, type Suite } from './harness.ts';

type Fields = Record<string, unknown>;
type SeatName = 'kefu' | 'otherKefu' | 'console' | 'both' | 'ppcom' | 'ppkefu' | 'ppconsole' | 'entrance';

/** A call from a seat of the demo app. Sends the seat's app unless `fields` has another. */
const from = (seat: Seat, fields: Fields = {}): Exchange => ({
  headers: seat.headers,
  json: { app_uuid: seat.app_uuid, ...fields },
});

const by =
  (seat: SeatName, fields: (desk: Desk) => Fields | Promise<Fields> = () => ({})) =>
  async (desk: Desk): Promise<Exchange> =>
    from(desk[seat], await fields(desk));

const unknown = () => randomUUID();

/** The fields of an operation's body. */
function fieldsOf({ requestBody }: Operation): [string, Schema][] {
  const schema = requestBody?.content['application/json']?.schema as
    | { properties?: Record<string, Schema> }
    | undefined;
  return Object.entries(schema?.properties ?? {}).map(([name, field]) => [name, resolve(field)]);
}

function resolve(schema: Schema): Schema {
  if (typeof schema.$ref !== 'string') return schema;
  const name = schema.$ref.split('/').at(-1) as keyof typeof contract.components.schemas;
  return resolve(contract.components.schemas[name] as Schema);
}

/** The ways in which a field can be written, the normal form first. */
const variantsOf = (schema: Schema): Schema[] =>
  Array.isArray(schema.anyOf) ? (schema.anyOf as Schema[]).map(resolve) : [schema];

const has = (schema: Schema, type: string) => variantsOf(schema).some((one) => [one.type].flat().includes(type));

/** The success with other values in some of its fields, one at a time. */
const withField = (success: Exchange, name: string, value: unknown): Spoiled => ({
  what: `${name} = ${JSON.stringify(value)?.slice(0, 60)}`,
  exchange: { ...success, json: { ...(success.json as Fields), [name]: value } },
});

const withHeaders = (what: string, success: Exchange, headers: Record<string, string>): Spoiled => ({
  what,
  exchange: { ...success, headers: { ...success.headers, ...headers } },
});

/** Every field of the operation with one of these names, with each value; lists get it as their only item. */
function spoilFields(operation: Operation, success: Exchange, names: readonly string[], values: readonly unknown[]) {
  return fieldsOf(operation)
    .filter(([name]) => names.includes(name))
    .flatMap(([name, schema]) =>
      values.map((value) => withField(success, name, has(schema, 'array') ? [value] : value)),
    );
}

const users = ['user_uuid', 'from_uuid', 'assigned_uuid', 'user_list', 'member_list'];

/** Values of a type that a field does not have. A value that is no list has an error number of its own. */
const wrongTypes = (schema: Schema): unknown[] => {
  if (has(schema, 'array')) return [[1]];
  if (has(schema, 'boolean')) return ['x', '', 2, {}];
  if (has(schema, 'integer')) return ['x', '', '1.5', '9'.repeat(10), 1.5, {}];
  if (has(schema, 'number')) return ['x', {}];
  const [{ maxLength, type } = {}] = variantsOf(schema);
  if (type === undefined) return [];
  return [1, {}, ...(maxLength ? ['x'.repeat((maxLength as number) + 1)] : [])];
};

/** How to provoke each error number in any operation. */
const made = {
  1: (_operation: Operation, { json, headers }: Exchange): Spoiled[] => {
    const sent = (what: string, type: string | undefined, body?: string | Uint8Array): Spoiled => ({
      what,
      exchange: {
        headers: { ...headers, ...(type && { 'Content-Type': type }) },
        ...(body !== undefined && { body }),
      },
    });
    const [type, text] = ['application/json', JSON.stringify(json)];
    return [
      sent('JSON that is none', type, '{"a":'),
      sent('JSON that is no UTF-8', type, Buffer.from('{"a":"\xff"}', 'latin1')),
      sent('no body', undefined),
      sent('an empty body', type, ''),
      sent('a list', type, '[]'),
      sent('a text', type, '"a"'),
      sent('null', type, 'null'),
      sent('JSON as plain text', 'text/plain', text),
      sent('a form', 'application/x-www-form-urlencoded', 'app_uuid=a'),
      sent('no media type', undefined, text),
    ];
  },
  3: (_operation: Operation, success: Exchange): Spoiled[] => [
    { what: 'no header', exchange: { json: success.json } },
    ...['', 'OAuth', 'Bearer', 'Basic YTpi', 'x', 'OAuth a b'].map((value) =>
      withHeaders(`Authorization: ${value}`, success, { Authorization: value }),
    ),
  ],
  4: ({ extensions }: Operation, success: Exchange, { kefu, console }: Desk): Spoiled[] => {
    const levels = (extensions['x-levels'] ?? []) as string[];
    return [
      withHeaders('an unknown token', success, { Authorization: 'OAuth unknown' }),
      withHeaders('an unknown token of Bearer', success, { Authorization: `Bearer ${'0'.repeat(64)}` }),
      ...(levels.includes('THIRD_PARTY_KEFU') ? [] : [withHeaders('a kefu token', success, kefu.headers)]),
      ...(levels.includes('THIRD_PARTY_CONSOLE') ? [] : [withHeaders('a console token', success, console.headers)]),
    ];
  },
  6: ({ requestBody }: Operation, success: Exchange): Spoiled[] =>
    ((requestBody?.content['application/json']?.schema.required ?? []) as string[]).map((name) =>
      withField(success, name, undefined),
    ),
  7: (operation: Operation, success: Exchange) => spoilFields(operation, success, users, [unknown()]),
  8: async (operation: Operation, success: Exchange, desk: Desk) =>
    spoilFields(operation, success, ['device_uuid'], [unknown(), (await desk.otherThings()).device]),
  13: (operation: Operation, success: Exchange) => spoilFields(operation, success, ['app_uuid'], [unknown()]),
  18: async (operation: Operation, success: Exchange, desk: Desk) => {
    const { script, scriptGroup, conversation } = await desk.otherThings();
    return [
      ...spoilFields(operation, success, ['script_uuid'], [unknown(), script]),
      ...spoilFields(operation, success, ['group_uuid'], [unknown(), scriptGroup]),
      ...spoilFields(operation, success, ['to_uuid'], [unknown(), conversation]),
    ];
  },
  20: (operation: Operation, success: Exchange, { credentials }: Desk) =>
    spoilFields(operation, success, ['app_uuid'], [credentials.other_app_uuid]),
  26: async (operation: Operation, success: Exchange, desk: Desk) =>
    spoilFields(operation, success, ['conversation_uuid'], [unknown(), (await desk.otherThings()).conversation]),
  28: (operation: Operation, success: Exchange) =>
    fieldsOf(operation).flatMap(([name, schema]) => wrongTypes(schema).map((value) => withField(success, name, value))),
  30: async (operation: Operation, success: Exchange, desk: Desk) =>
    spoilFields(operation, success, ['group_uuid'], [unknown(), (await desk.otherThings()).group]),
  31: (operation: Operation, success: Exchange) =>
    fieldsOf(operation)
      .filter(([, schema]) => has(schema, 'array'))
      .flatMap(([name]) => ['x', 1, {}, true].map((value) => withField(success, name, value))),
  40: async (operation: Operation, success: Exchange, desk: Desk) => {
    const [{ customer }, { agent }] = [await desk.otherThings(), await desk.otherApp()];
    return spoilFields(operation, success, users, [customer, agent.user_uuid]);
  },
  42: (operation: Operation, success: Exchange): Spoiled[] => {
    const both = { ...(success.json as Fields), max_uuid: unknown(), min_uuid: unknown() };
    return [{ what: `${operation.id} from both sides`, exchange: { ...success, json: both } }];
  },
  44: (operation: Operation, success: Exchange) =>
    fieldsOf(operation)
      .filter(([, schema]) =>
        variantsOf(schema).some(({ enum: values, format }) => values || format === 'email' || format === 'date'),
      )
      .filter(([, schema]) => !has(schema, 'boolean'))
      .map(([name]) => withField(success, name, 'NONE')),
};

/** Repeats a request until it exceeds its limit. */
async function exhaust(times: number, send: () => Promise<Response>): Promise<void> {
  for (let sent = 0; sent <= times; sent++) await (await send()).body?.cancel();
}

/** An e-mail address for which no more requests of a kind are allowed. */
async function exhaustedEmail(kind: string, { server: { context } }: Desk): Promise<string> {
  const email = newEmail();
  const points = limitOf(context.config, 'PPMESSAGE_SIGNUP_HOURLY_LIMIT');
  const rule = { name: `ppmessage-${kind}`, points, seconds: 3600, block: 0 };
  for (let used = 0; used < points; used++) await context.limits.consume(rule, email);
  return email;
}

const WRONG_GUESSES = 6;

const signInForm = (desk: Desk) => ({ ...desk.request(), ...credentialsOf(desk.agent) });

const tokenRequest = async ({ credentials }: Desk, code: string | Promise<string>) => ({
  grant_type: 'authorization_code',
  code: await code,
  client_id: credentials.api_key,
  client_secret: credentials.api_secret,
  redirect_uri: credentials.redirect_uri,
});

/** A token request in both forms. */
const inBoth = (change: Record<string, string | undefined>) =>
  (['form', 'json'] as const).map((kind) => async (desk: Desk): Promise<Exchange> => {
    const fields = { ...(await tokenRequest(desk, 'unknown')), ...change };
    return { [kind]: Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) };
  });

const events =
  (
    query: (desk: Desk) => Record<string, string> | Promise<Record<string, string>>,
    more: Record<string, string> = {},
  ) =>
  async (desk: Desk): Promise<Exchange> => ({ headers: { ...desk.kefu.headers, ...more }, query: await query(desk) });

const query =
  (api_url: string) =>
  ({ kefu }: Desk): Exchange => ({
    headers: kefu.headers,
    json: { api_url, api_data: { app_uuid: kefu.app_uuid } },
  });

const newEmail = () => `${randomUUID()}@shop.example`;
const noFields = by('kefu');
const onConsole = by('console');
const range = { begin_date: '2026-03-01', end_date: '2026-03-31' };
const wrongRanges = [
  { begin_date: '2026-03-31', end_date: '2026-03-01' },
  { begin_date: '2025-01-01', end_date: '2026-03-01' },
  { begin_date: '2026-02-30', end_date: '2026-03-01' },
].map((dates) => by('console', () => dates));

const conversation = async (desk: Desk) => ({ conversation_uuid: (await desk.things()).conversation });
const customer = async (desk: Desk) => ({ user_uuid: (await desk.things()).customer });
const member = async (desk: Desk) => ({ ...(await conversation(desk)), ...(await customer(desk)) });
const newCustomer = async ({ kefu }: Desk) => ({ user_uuid: await kefu.newCustomer() });
/** A new customer who has a conversation with the group. */
const newGroupConversation = async (desk: Desk) => {
  const fields = { ...(await group(desk)), ...(await newCustomer(desk)) };
  await desk.ppcom.ok('PPCOM_CREATE_CONVERSATION', fields);
  return fields;
};
const customerDevice = async (desk: Desk) => {
  const { user_uuid } = await customer(desk);
  return { user_uuid, device_uuid: await newDevice(desk.kefu, user_uuid) };
};
/** A message of the customer, and a conversation of the agent to which it can go. */
const forwarding = async (desk: Desk) => ({
  task_uuid: (await desk.things()).message,
  to_uuid: await desk.kefu.newConversation(await desk.kefu.newCustomer(), [desk.agent.user_uuid]),
});
const loginFields = ({ agent: { user_email } }: Desk) => ({ user_email, terminal: unknown(), ostype: 'mac' });
const agent = (desk: Desk) => ({ user_uuid: desk.agent.user_uuid });
const otherAgent = (desk: Desk) => ({ user_uuid: desk.otherAgent.user_uuid });
const group = async (desk: Desk) => ({ group_uuid: (await desk.things()).group });

const text = async (desk: Desk): Promise<Fields> => {
  const { conversation, customer } = await desk.things();
  return { ...desk.kefu.text(conversation, customer, '在吗？') };
};
const message = (change: Fields) => by('kefu', async (desk) => ({ ...(await text(desk)), ...change }));

/** Uploads of one address in an hour; a hundred times as many of an app. */
const UPLOADS = 500;

const malformedForm = { headers: { 'Content-Type': 'multipart/form-data; boundary=x' }, body: 'no form' };

const fileField = (content: Buffer | string = tinyPng, filename = '照片.png') => ({
  file: { content, type: 'image/png', filename },
});

/** The id of an uploaded file. */
async function upload(desk: Desk, content?: Buffer | string): Promise<string> {
  const form = new FormData();
  const { file } = fileField(content);
  form.append('file', new Blob([new Uint8Array(Buffer.from(file.content))], { type: file.type }), file.filename);
  const response = await fetch(`${desk.url}/upload`, { method: 'POST', body: form });
  return ((await response.json()) as { fuuid: string }).fuuid;
}

const bodyWithFile = (subtype: string, more: object, content?: Buffer | string) =>
  by('kefu', async (desk) => ({
    ...(await text(desk)),
    message_subtype: subtype,
    message_body: JSON.stringify({ fid: await upload(desk, content), ...more }),
  }));

/** An app of its own with a user, as `change` leaves it. */
const inNewApp =
  (fields: Exchange['multipart'], change: (desk: Desk, app: string) => Promise<unknown>) =>
  async (desk: Desk): Promise<Exchange> => {
    const { app_uuid, kefu } = await desk.newApp();
    await change(desk, app_uuid);
    return { multipart: { ...fields, user_uuid: kefu.user_uuid } };
  };

const uploads = (fields: Exchange['multipart']) => ({
  401: [
    { headers: { Authorization: 'OAuth unknown' }, multipart: fields },
    inNewApp(fields, ({ database }, app) =>
      database.updateTable('ppmessage_apps').set({ upload_needs_token: 1 }).where('uuid', '=', app).execute(),
    ),
  ],
  429: inNewApp(fields, async ({ server }, app) => {
    const rule = { name: 'ppmessage-app-uploads', points: UPLOADS * 100, seconds: 3600, block: 0 };
    for (let count = 0; count < rule.points; count++) await server.context.limits.consume(rule, app);
  }),
});

const parts = {
  206: async (desk: Desk) => ({ params: { fid: await upload(desk) }, headers: { Range: 'bytes=0-1' } }),
  304: async (desk: Desk) => ({ params: { fid: await upload(desk) }, headers: { 'If-None-Match': '*' } }),
  416: async (desk: Desk) => ({ params: { fid: await upload(desk) }, headers: { Range: 'bytes=1000000-' } }),
};

export const suite: Suite<operations, Desk, 'error_code', `${keyof typeof made}`> = {
  api: ppmessage,
  environment: { WRONG_GUESS_LIMIT: String(WRONG_GUESSES), PPMESSAGE_UPLOAD_LIMIT: String(UPLOADS) },
  errorNumbers: { member: 'error_code', made },
  createWorld: (_url, server) => openDesk(server),
  cases: {
    showAuthorization: {
      200: [
        (desk) => ({ query: { ...desk.request(), state: '状态 & 50% #' } }),
        inJson((desk: Desk) => ({ query: desk.request() })),
        ({ credentials: { api_key, redirect_uri_with_query } }) => ({
          query: { client_id: api_key, redirect_id: redirect_uri_with_query, response_type: 'code', unknown: 'x' },
        }),
      ],
      400: [
        {},
        (desk) => ({ query: { ...desk.request(), response_type: 'token', state: 's' } }),
        ({ credentials: { api_key, redirect_uri } }) => ({ query: { client_id: api_key, redirect_uri } }),
        (desk) => ({ query: { ...desk.request(), client_id: 'nobody' } }),
        inJson((desk: Desk) => ({ query: { ...desk.request(), client_id: 'nobody' } })),
        (desk) => ({ query: { ...desk.request(), redirect_uri: 'https://evil.example/' } }),
        ({ credentials: { api_key } }) => ({ query: { client_id: api_key, response_type: 'code' } }),
      ],
    },
    createAuthorization: {
      200: inJson((desk: Desk) => ({ form: signInForm(desk) })),
      302: [
        (desk) => ({ form: signInForm(desk) }),
        (desk) => ({
          form: { ...signInForm(desk), redirect_uri: desk.credentials.redirect_uri_with_query, state: '状态' },
        }),
      ],
      400: [
        (desk) => ({ form: { ...signInForm(desk), client_id: 'nobody' } }),
        (desk) => ({ form: { ...signInForm(desk), redirect_uri: 'https://evil.example/' } }),
        (desk) => ({ form: { ...signInForm(desk), response_type: 'token' } }),
        { form: {} },
      ],
      401: [
        (desk) => ({ form: { ...signInForm(desk), user_password: 'wrong' } }),
        inJson((desk: Desk) => ({ form: { ...signInForm(desk), user_password: 'wrong' } })),
        (desk) => ({ form: { ...signInForm(desk), user_email: 'nobody@desk.example' } }),
        (desk) => ({ form: desk.request() }),
        async (desk) => {
          const { user_uuid } = await desk.console.ok('PP_GET_USER_UUID', { user_email: newEmail() });
          const { user_email } = await desk.console.ok('PP_GET_USER_INFO', { user_uuid });
          return { form: { ...desk.request(), user_email, user_password: '' } };
        },
      ],
      429: async (desk) => {
        const form = { ...desk.request(), user_email: 'guessed@desk.example', user_password: 'wrong' };
        await exhaust(WRONG_GUESSES, () => desk.postForm('/ppauth/auth', form));
        return { form };
      },
    },
    getAuthorizationServerMetadata: { 200: {} },
    createToken: {
      200: [
        ...(['form', 'json'] as const).map((kind) => async (desk: Desk) => ({
          [kind]: await tokenRequest(desk, desk.code()),
        })),
        ...(['ppcom', 'ppconsole'] as const).map((level) => ({ credentials: { keys } }: Desk) => ({
          form: {
            grant_type: 'client_credentials',
            client_id: keys[level].api_key,
            client_secret: keys[level].api_secret,
          },
        })),
        ...['', 'wrong'].flatMap((wrong) =>
          (['form', 'json'] as const).map((kind) => ({ agent, credentials: { keys } }: Desk) => ({
            [kind]: {
              grant_type: 'password',
              client_id: keys.ppkefu.api_key,
              user_email: agent.user_email,
              user_password: agent.user_password + wrong,
            },
          })),
        ),
        { form: { grant_type: 'password' } },
      ],
      400: [
        ...inBoth({}),
        ...inBoth({ redirect_uri: 'https://evil.example/' }),
        ...inBoth({ grant_type: 'refresh_token' }),
        ...inBoth({ grant_type: 'client_credentials' }),
        ...['code', 'redirect_uri', 'grant_type'].flatMap((name) => inBoth({ [name]: undefined })),
        // A key of PPCOM, with which users cannot sign in.
        async (desk) => {
          const { api_key, api_secret } = await desk.newKey(['PPCOM']);
          return { form: { ...(await tokenRequest(desk, 'unknown')), client_id: api_key, client_secret: api_secret } };
        },
      ],
      401: [...inBoth({ client_secret: 'wrong' }), ...inBoth({ client_id: 'nobody' })],
      429: async (desk) => {
        // An unknown key, so that the real ones are not locked out.
        const form = { ...(await tokenRequest(desk, 'x')), client_id: 'nobody at all', client_secret: 'wrong' };
        await exhaust(WRONG_GUESSES * 10, () => desk.postForm('/ppauth/token', form));
        return { form };
      },
    },

    getAppInfo: {
      200: {
        0: [
          noFields,
          onConsole,
          ({ console }) => ({ headers: { Authorization: `bearer ${console.token}` }, json: from(console).json }),
        ],
      },
    },
    updateAppInfo: {
      200: {
        0: by('console', () => ({ welcome_message: '您好', return_offline_message: false, unknown: 1 })),
        33: [onConsole, by('console', () => ({ unknown: 'x' }))],
      },
    },
    createApp: {
      200: {
        0: by('console', ({ owner }) => ({ user_uuid: owner.user_uuid, app_name: '新团队', user_fullname: '老板' })),
        20: by('console', async (desk) => ({ ...(await customer(desk)), app_name: '顾客的团队' })),
      },
    },
    removeApp: {
      200: {
        0: async (desk) => {
          const { console } = await desk.newApp();
          return from(console, { user_uuid: console.user_uuid });
        },
        39: by('console', agent),
      },
    },
    leaveApp: {
      200: {
        0: by('console', async (desk) => ({ user_list: [(await desk.newAgent()).person.user_uuid] })),
        38: by('console', ({ owner }) => ({ user_list: [owner.user_uuid] })),
      },
    },
    getAppOwnedByUser: {
      200: { 0: by('kefu', ({ owner }) => ({ user_uuid: owner.user_uuid })), 13: by('kefu', agent) },
    },
    getApiInfo: {
      200: { 0: by('console', ({ owner }) => ({ user_uuid: owner.user_uuid })), 39: by('console', agent) },
    },

    listApps: {
      200: {
        0: async (desk) => {
          const { database, console, owner } = desk;
          const users = database.updateTable('ppmessage_users').where('uuid', '=', owner.user_uuid);
          await users.set({ user_status: 'ADMIN' }).execute();
          return from(console, { user_uuid: owner.user_uuid, page_size: 5 });
        },
        43: by('console', agent),
      },
    },

    listAppServiceUsers: { 200: { 0: [noFields, onConsole] } },
    createUser: {
      200: {
        0: [
          by('console', () => ({ user_email: newEmail(), user_fullname: '顾客' })),
          by('console', () => ({
            user_email: newEmail(),
            user_fullname: '客服',
            user_password: 'a'.repeat(40),
            user_language: 'zh_cn',
            is_service_user: '1',
            user_status: 'SERVICE',
          })),
        ],
        22: by('console', ({ agent }) => ({ user_email: agent.user_email, user_fullname: '又一位' })),
      },
    },
    getUserUuid: {
      200: {
        0: [
          by('console', () => ({ user_email: newEmail() })),
          by('console', ({ credentials }) => ({ user_email: credentials.customer.user_email, user_fullname: '别名' })),
        ],
        29: by('console', ({ agent }) => ({ user_email: agent.user_email })),
      },
    },
    getUserInfo: { 200: { 0: [by('kefu', customer), by('console', agent), by('kefu', agent)] } },
    updateUser: {
      200: {
        0: [
          by('kefu', (desk) => ({ ...agent(desk), user_signature: '马上回来', user_mobile: null })),
          by('kefu', async (desk) => ({ ...(await customer(desk)), user_fullname: '顾客甲' })),
          by('console', (desk) => ({ ...otherAgent(desk), is_distributor_user: true })),
          by('console', async (desk) => {
            const { user_uuid, user_password } = (await desk.newAgent()).person;
            return { user_uuid, old_password: user_password, new_password: '新的密码' };
          }),
        ],
        10: by('console', (desk) => ({ ...agent(desk), old_password: 'wrong', user_password: '新的密码' })),
        20: by('kefu', (desk) => ({ ...otherAgent(desk), user_signature: '是我' })),
        22: by('console', (desk) => ({ ...agent(desk), user_email: desk.otherAgent.user_email })),
        33: [by('kefu', agent), by('kefu', (desk) => ({ ...agent(desk), unknown: 1 }))],
      },
    },
    createAnonymousUser: { 200: { 0: by('kefu', () => ({ ppcom_trace_uuid: unknown() })) } },
    removeUser: {
      200: {
        0: by('console', async (desk) => {
          const { user_uuid, user_password } = (await desk.newAgent()).person;
          return { user_uuid, user_password };
        }),
        10: by('console', (desk) => ({ ...agent(desk), user_password: 'wrong' })),
        38: by('console', ({ owner: { user_uuid, user_password } }) => ({ user_uuid, user_password })),
      },
    },
    getUserDetail: {
      200: {
        0: [by('kefu', customer), by('console', (desk) => ({ ...agent(desk), return_password: true }))],
        18: by('kefu', () => ({ user_uuid: unknown() })),
      },
    },
    isEmailValid: {
      200: {
        0: [newEmail(), 'no address'].map((user_email) => by('console', () => ({ user_email }))),
      },
    },

    getAdminDetail: {
      200: {
        0: by('console', async ({ console }) => {
          const fields = { user_email: newEmail(), user_fullname: '管理员', user_status: 'ADMIN' as const };
          return { user_uuid: (await console.ok('PP_CREATE_USER', fields)).uuid };
        }),
        18: [
          by('console', agent),
          by('console', () => ({ user_uuid: unknown() })),
          by('console', async (desk) => ({ user_uuid: (await desk.otherThings()).customer })),
        ],
      },
    },
    getObjectDetail: {
      200: {
        0: [
          by('kefu', async (desk) => ({ type: 'DU', uuid: (await desk.things()).customer })),
          by('ppcom', (desk) => ({ type: 'DU', user_uuid: desk.agent.user_uuid })),
          by('kefu', async (desk) => ({ type: 'OG', uuid: (await desk.things()).group, timestamp: 1 })),
          by('kefu', async (desk) => ({ type: 'OG', uuid: (await desk.things()).group, timestamp: 4102444800 })),
        ],
        6: by('kefu', () => ({ type: 'DU', uuid: '' })),
        18: [
          by('kefu', () => ({ type: 'DU', uuid: unknown() })),
          by('kefu', async (desk) => ({ type: 'DU', uuid: (await desk.otherThings()).customer })),
          by('kefu', async (desk) => ({ type: 'OG', uuid: (await desk.otherThings()).group })),
        ],
      },
    },
    getCustomerUuid: {
      200: {
        0: [
          by('ppcom', () => ({ user_id: unknown(), user_name: '顾客', user_icon: 'https://shop.example/me.png' })),
          by('ppcom', () => ({ ent_user_id: '10086', ent_user_name: '顾客', user_mobile: '13800000000' })),
          by('ppcom', () => ({ user_email: newEmail(), user_id: null })),
        ],
        6: by('ppcom', () => ({ user_name: '顾客' })),
        29: by('ppcom', ({ agent }) => ({ user_email: agent.user_email })),
        44: by('ppcom', () => ({ user_email: 'no address' })),
      },
    },
    createAnonymousCustomer: { 200: { 0: by('ppcom', () => ({ ppcom_trace_uuid: unknown() })) } },
    listServiceUsers: { 200: { 0: [noFields, onConsole] } },
    listColleagues: { 200: { 0: noFields } },
    listWelcomeTeam: { 200: { 0: by('ppcom') } },

    createDevice: {
      200: {
        0: [
          by('kefu', async (desk) => ({ ...(await customer(desk)), device_ostype: 'IOS', device_id: unknown() })),
          by('kefu', async (desk) => ({
            ...(await customer(desk)),
            device_ostype: 'WIB',
            ppcom_trace_uuid: unknown(),
          })),
        ],
        6: by('kefu', async (desk) => ({ ...(await customer(desk)), device_ostype: 'AND' })),
        25: by('kefu', async (desk) => {
          const fields = { ...(await customer(desk)), device_ostype: 'AND' as const, device_id: unknown() };
          await desk.kefu.ok('PP_CREATE_DEVICE', fields);
          return fields;
        }),
      },
    },
    updateDevice: {
      200: {
        0: by('kefu', async (desk) => ({
          device_uuid: (await desk.things()).device,
          device_is_online: 'True',
          device_android_apilevel: '33',
          device_ostype: 'AND',
        })),
        20: by('kefu', async ({ otherKefu }) => ({
          device_uuid: await newDevice(otherKefu, otherKefu.user_uuid),
          device_is_online: true,
        })),
        33: [
          by('kefu', () => ({ device_uuid: unknown(), device_is_online: true })),
          by('kefu', async (desk) => ({ device_uuid: (await desk.otherThings()).device, device_is_online: true })),
          by('kefu', async (desk) => ({ device_uuid: (await desk.things()).device })),
        ],
      },
    },
    validateOnlineDevice: {
      200: {
        0: [
          by('kefu', async (desk) => ({ ...(await customer(desk)), device_uuid: (await desk.things()).device })),
          by('kefu', async ({ kefu }) => ({
            user_uuid: kefu.user_uuid,
            device_uuid: await newDevice(kefu, kefu.user_uuid),
          })),
        ],
        20: by('kefu', async (desk) => ({
          ...otherAgent(desk),
          device_uuid: await newDevice(desk.otherKefu, desk.otherKefu.user_uuid),
        })),
      },
    },

    createCustomerDevice: {
      200: {
        0: [
          by('ppcom', async (desk) => ({
            ...(await newCustomer(desk)),
            device_ostype: 'AND',
            device_id: unknown(),
            device_android_jpushtoken: 'token',
          })),
          by('ppcom', async (desk) => {
            const { user_uuid } = await customer(desk);
            const fields = { user_uuid, device_ostype: 'MAB' as const, ppcom_trace_uuid: unknown() };
            await desk.ppcom.ok('PPCOM_CREATE_DEVICE', fields);
            return fields;
          }),
        ],
        6: by('ppcom', async (desk) => ({ ...(await newCustomer(desk)), device_ostype: 'AND' })),
        29: by('ppcom', (desk) => ({ ...agent(desk), device_ostype: 'AND', device_id: unknown() })),
      },
    },
    setDeviceInfo: {
      200: {
        0: by('kefu', async ({ kefu }) => ({
          device_uuid: await newDevice(kefu, kefu.user_uuid),
          fullname: '前台',
          ostype: 'macOS',
          apilevel: '33',
        })),
        8: by('kefu', async (desk) => ({ device_uuid: (await desk.things()).device })),
        44: by('kefu', async ({ kefu }) => ({ device_uuid: await newDevice(kefu, kefu.user_uuid), ostype: 'XYZ' })),
      },
    },

    logIn: {
      200: {
        0: [
          by('ppkefu', (desk) => ({
            ...loginFields(desk),
            token: 'a push token',
            ios_app_development: '1',
            user_status: 'BUSY',
            osversion: null,
          })),
          by('ppkefu', (desk) => ({ ...loginFields(desk), ostype: 'Ios 17', osmodel: 'phone' })),
        ],
        7: by('ppkefu', (desk) => ({ ...loginFields(desk), user_email: newEmail() })),
        20: by('ppkefu', (desk) => ({ ...loginFields(desk), user_email: desk.otherAgent.user_email })),
        44: by('ppkefu', (desk) => ({ ...loginFields(desk), ostype: 'XYZ' })),
      },
    },
    logOut: {
      200: {
        0: async (desk) => {
          const seat = await desk.seatOf(desk.agent, ['PPKEFU']);
          return from(seat, { user_uuid: seat.user_uuid, device_uuid: await newDevice(seat, seat.user_uuid) });
        },
        20: by('ppkefu', async (desk) => ({ ...otherAgent(desk), device_uuid: unknown() })),
      },
    },
    logInWithPassword: {
      200: {
        0: (desk) => ({ json: { ...loginFields(desk), user_password: desk.agent.user_password } }),
        10: [
          (desk) => ({ json: { ...loginFields(desk), user_password: 'wrong' } }),
          (desk) => ({ json: { ...loginFields(desk), user_email: newEmail(), user_password: 'wrong' } }),
        ],
        44: (desk) => ({ json: { ...loginFields(desk), ostype: 'XYZ', user_password: desk.agent.user_password } }),
      },
    },
    signUp: {
      200: {
        0: [
          by('entrance', () => ({
            user_email: newEmail(),
            user_fullname: '店主',
            user_password: 'a'.repeat(40),
            app_name: '小店',
            app_uuid: '',
          })),
          by('console', () => ({ user_email: newEmail(), user_fullname: '店主', user_password: '密码' })),
        ],
        20: by('entrance', async (desk) => ({
          user_email: await exhaustedEmail('sign-ups-of', desk),
          user_fullname: '店主',
          user_password: '密码',
        })),
        22: by('entrance', ({ agent: { user_email } }) => ({
          user_email,
          user_fullname: '店主',
          user_password: '密码',
        })),
      },
    },
    sendNewPassword: {
      200: {
        0: by('entrance', async (desk) => ({ user_email: (await desk.newAgent()).person.user_email })),
        7: by('entrance', () => ({ user_email: newEmail() })),
        20: by('entrance', async (desk) => ({ user_email: await exhaustedEmail('new-passwords-of', desk) })),
      },
    },
    logOutConsole: {
      200: {
        0: async (desk) => from(await desk.seatOf(desk.owner, ['PPCONSOLE']), { user_uuid: {} }),
        28: async (desk) => from(await desk.seatOf(desk.owner, ['PPCONSOLE']), { user_uuid: '\ud800' }),
      },
    },
    logOutDevice: {
      200: {
        0: by('kefu', async ({ kefu }) => ({
          from_uuid: kefu.user_uuid,
          device_uuid: await newDevice(kefu, kefu.user_uuid),
        })),
        20: by('kefu', (desk) => ({ from_uuid: desk.otherAgent.user_uuid, device_uuid: unknown() })),
      },
    },
    getAppVersion: {
      200: {
        0: async ({ database }) => {
          const app = { app_distinct_name: unknown(), app_platform: 'MAC' };
          await database
            .insertInto('ppmessage_packages')
            .values({ ...app, app_version_name: '1.2.0' })
            .execute();
          return { json: app };
        },
        13: { json: { app_distinct_name: 'unknown', app_platform: 'MAC' } },
      },
    },

    pageOrgGroups: { 200: { 0: [noFields, by('kefu', () => ({ page_offset: '1', page_size: 1 }))] } },
    pageOrgGroupUsers: {
      200: { 0: [by('kefu', group), by('kefu', async (desk) => ({ ...(await group(desk)), page_size: '1' }))] },
    },
    createOrgGroup: {
      200: { 0: by('console', () => ({ group_name: '售后', group_desc: '买之后', is_distributor: true })) },
    },
    listAppOrgGroups: { 200: { 0: [noFields, onConsole] } },
    getOrgGroupDetail: { 200: { 0: [by('kefu', group), by('console', group)] } },
    updateOrgGroup: {
      200: {
        0: [by('console', group), by('console', async (desk) => ({ ...(await group(desk)), group_desc: '新的' }))],
      },
    },
    removeOrgGroup: {
      200: {
        0: [0, 2].map((several) =>
          by('console', async ({ console }) => {
            const create = async () =>
              (await console.ok('PP_CREATE_ORG_GROUP', { group_name: '临时', group_desc: '' })).uuid;
            return { group_uuid: several ? [await create(), await create()] : await create() };
          }),
        ),
      },
    },
    addOrgGroupUsers: {
      200: { 0: by('console', async (desk) => ({ ...(await group(desk)), user_list: [desk.agent.user_uuid] })) },
    },
    removeOrgGroupUsers: {
      200: {
        0: by('console', async (desk) => {
          const { uuid: group_uuid } = await desk.console.ok('PP_CREATE_ORG_GROUP', {
            group_name: '临时',
            group_desc: '',
          });
          const fields = { group_uuid, user_list: [desk.agent.user_uuid] };
          await desk.console.ok('PP_ADD_ORG_GROUP_USER', fields);
          return fields;
        }),
        32: by('console', async (desk) => ({ ...(await group(desk)), user_list: [desk.owner.user_uuid] })),
      },
    },
    listOrgGroupUsers: { 200: { 0: by('kefu', group) } },
    listUngroupedUsers: { 200: { 0: [by('kefu', group), noFields] } },

    getOrgGroupConversation: {
      200: {
        0: by('ppcom', newGroupConversation),
        26: by('ppcom', async (desk) => ({ ...(await group(desk)), user_uuid: await desk.kefu.newCustomer() })),
        29: by('ppcom', async (desk) => ({ ...(await group(desk)), ...agent(desk) })),
      },
    },
    selectGroupUsers: {
      200: {
        0: by('kefu', async (desk) => ({
          ...(await group(desk)),
          conversation_uuid: await desk.kefu.newConversation(await desk.kefu.newCustomer(), [desk.agent.user_uuid]),
        })),
        36: by('kefu', async (desk) => {
          const fields = {
            ...agent(desk),
            conversation_type: 'S2S' as const,
            member_list: [desk.otherAgent.user_uuid],
          };
          const { uuid: conversation_uuid } = await desk.kefu.ok('PP_CREATE_CONVERSATION', fields);
          return { ...(await group(desk)), conversation_uuid };
        }),
        37: by('kefu', async (desk) => {
          const { group_uuid, user_uuid } = await newGroupConversation(desk);
          const found = await desk.ppcom.ok('PP_GET_ORG_GROUP_CONVERSATION', { group_uuid, user_uuid });
          return { group_uuid, conversation_uuid: found.conversation_uuid };
        }),
      },
    },

    requestDefaultConversation: {
      200: { 0: [by('ppcom', newCustomer), by('ppcom', customer)], 29: by('ppcom', agent) },
    },
    createDefaultConversation: {
      200: { 0: [by('ppcom', newCustomer), by('ppcom', customer)], 29: by('ppcom', agent) },
    },
    getDefaultConversation: { 200: { 0: [by('ppcom', newCustomer), by('ppcom', customer)], 29: by('ppcom', agent) } },
    requestConversation: {
      200: {
        0: [
          by('ppcom', async (desk) => ({ ...(await newCustomer(desk)), ...(await group(desk)), member_list: [] })),
          by('ppcom', async (desk) => ({ ...(await newCustomer(desk)), member_list: [desk.agent.user_uuid] })),
          by('ppcom', newCustomer),
          by('ppcom', async (desk) => ({
            ...(await newCustomer(desk)),
            group_uuid: (await desk.console.ok('PP_CREATE_ORG_GROUP', { group_name: '空的', group_desc: '' })).uuid,
          })),
        ],
        20: by('ppcom', async (desk) => ({
          ...(await newCustomer(desk)),
          member_list: [(await desk.things()).customer],
        })),
        28: by('ppcom', async (desk) => ({
          ...(await newCustomer(desk)),
          member_list: [desk.agent.user_uuid, desk.otherAgent.user_uuid],
        })),
        29: by('ppcom', agent),
      },
    },
    getQueueLength: {
      200: { 0: [by('ppcom', newCustomer), by('ppcom', customer), by('ppcom')], 29: by('ppcom', agent) },
    },
    cancelWaiting: { 200: { 0: [by('ppcom', newCustomer), by('ppcom', customer)], 29: by('ppcom', agent) } },
    listUserMatchedMethods: { 200: { 0: onConsole } },
    listTargetServiceMethods: { 200: { 0: onConsole } },

    createConversation: {
      200: {
        0: [
          by('kefu', async ({ kefu }) => ({ user_uuid: await kefu.newCustomer(), conversation_type: 'P2S' })),
          by('kefu', async (desk) => ({
            user_uuid: await desk.kefu.newCustomer(),
            conversation_type: 'P2S',
            member_list: [desk.agent.user_uuid, desk.otherAgent.user_uuid],
            ...(await group(desk)),
            conversation_name: '退货',
          })),
          by('kefu', (desk) => ({
            ...agent(desk),
            conversation_type: 'S2S',
            member_list: [desk.otherAgent.user_uuid],
          })),
        ],
        6: by('kefu', (desk) => ({ ...agent(desk), conversation_type: 'S2S' })),
        20: by('kefu', (desk) => ({
          ...otherAgent(desk),
          conversation_type: 'S2S',
          member_list: [desk.agent.user_uuid],
        })),
        35: by('kefu', async ({ kefu }) => {
          const user_uuid = await kefu.newCustomer();
          return { user_uuid, conversation_type: 'P2S', member_list: [user_uuid] };
        }),
        36: by('kefu', async (desk) => ({
          ...agent(desk),
          conversation_type: 'S2P',
          member_list: [(await desk.things()).customer],
        })),
      },
    },
    getConversationInfo: {
      200: {
        0: [by('kefu', member), by('console', member)],
        26: by('kefu', async (desk) => ({ ...(await conversation(desk)), user_uuid: await desk.kefu.newCustomer() })),
      },
    },
    listConversationUsers: { 200: { 0: by('kefu', conversation) } },
    pageUserConversations: {
      200: {
        0: [
          by('kefu', agent),
          by('kefu', async (desk) => ({ ...agent(desk), max_uuid: (await desk.things()).conversation, page_size: 2 })),
          by('kefu', (desk) => ({
            ...agent(desk),
            min_uuid: unknown(),
            max_uuid: '',
            page_offset: '-1',
            page_size: '0',
          })),
        ],
        20: by('kefu', otherAgent),
      },
    },
    closeConversation: { 200: { 0: [by('kefu', member), by('console', member)] } },
    openConversation: { 200: { 0: [by('kefu', member), by('console', member)] } },
    updateConversationMembers: {
      200: {
        0: ['ADD', 'REMOVE', 'ADD'].map((action) =>
          by('kefu', async (desk) => ({
            ...(await conversation(desk)),
            action,
            member_list: [desk.otherAgent.user_uuid],
            ...(action === 'ADD' && (await group(desk))),
          })),
        ),
      },
    },
    listConversations: { 200: { 0: [by('kefu', agent), by('console', customer)], 20: by('kefu', otherAgent) } },
    createAgentConversation: {
      200: {
        0: [
          by('ppkefu', (desk) => ({ ...agent(desk), member_list: [desk.otherAgent.user_uuid] })),
          by('ppkefu', async (desk) => ({ ...agent(desk), member_list: [await desk.kefu.newCustomer()] })),
        ],
        20: by('ppkefu', (desk) => ({ ...otherAgent(desk), member_list: [desk.agent.user_uuid] })),
        35: by('ppkefu', (desk) => ({ ...agent(desk), member_list: [desk.agent.user_uuid] })),
      },
    },
    listAppConversations: { 200: { 0: [noFields, onConsole] } },
    listUserConversations: { 200: { 0: [by('kefu', agent), by('console', customer)] } },
    updateConversation: {
      200: {
        0: by('kefu', async (desk) => ({ ...(await conversation(desk)), assigned_uuid: desk.agent.user_uuid })),
        20: by('kefu', async (desk) => ({
          ...(await conversation(desk)),
          assigned_uuid: await desk.kefu.newCustomer(),
        })),
      },
    },

    sendMessage: {
      200: {
        0: [
          by('kefu', async (desk) => ({
            ...(await text(desk)),
            device_uuid: (await desk.things()).device,
            conversation_type: 'P2S',
          })),
          by('kefu', async (desk) => ({
            ...(await text(desk)),
            conversation_type: 's2p',
            from_uuid: desk.agent.user_uuid,
            from_type: 'du',
            to_uuid: (await desk.things()).customer,
            to_type: 'du',
            message_type: 'noti',
            message_subtype: 'Image',
            message_body: JSON.stringify({ fid: await upload(desk), mime: 'image/png' }),
          })),
          bodyWithFile('AUDIO', { mime: 'amr', dura: 2.5 }, '#!AMR'),
          message({ message_body: '长'.repeat(1000) }),
        ],
        16: [
          message({ message_body: '' }),
          message({ message_subtype: 'SMELL' }),
          message({ message_type: 'NOISE' }),
          message({ message_subtype: 'IMAGE', message_body: 'no JSON' }),
          message({ message_subtype: 'FILE', message_body: '{}' }),
          bodyWithFile('AUDIO', { mime: 'amr' }, '#!AMR'),
          bodyWithFile('IMAGE', { mime: 'image/png' }, 'no picture'),
          message({ message_subtype: 'FILE', message_body: `{"fid":"${unknown()}"}` }),
          message({ from_type: 'OG' }),
          message({ to_type: 'XX' }),
          message({ conversation_type: 'X2Y' }),
        ],
        20: by('kefu', async (desk) => ({ ...(await text(desk)), from_uuid: desk.otherAgent.user_uuid })),
        26: by('kefu', async (desk) => ({ ...(await text(desk)), from_uuid: await desk.kefu.newCustomer() })),
      },
    },
    pageHistoryMessages: {
      200: {
        0: [
          by('kefu', conversation),
          by('console', async (desk) => ({ ...(await conversation(desk)), max_uuid: (await desk.things()).message })),
          by('kefu', async (desk) => ({ ...(await conversation(desk)), min_uuid: unknown(), page_size: 1000 })),
        ],
      },
    },
    pageUnackedMessages: {
      200: {
        0: [by('kefu', agent), by('kefu', customer), by('kefu', (desk) => ({ ...agent(desk), max_uuid: unknown() }))],
        20: by('kefu', otherAgent),
      },
    },
    ackMessages: { 200: { 0: [by('kefu', () => ({ list: [] })), by('kefu', () => ({ list: [unknown()] }))] } },
    listUnackedMessages: {
      200: {
        0: by('kefu', async ({ kefu }) => ({
          from_uuid: kefu.user_uuid,
          device_uuid: await newDevice(kefu, kefu.user_uuid),
        })),
        20: by('kefu', async ({ otherKefu }) => ({
          from_uuid: otherKefu.user_uuid,
          device_uuid: await newDevice(otherKefu, otherKefu.user_uuid),
        })),
      },
    },
    getUnackedMessage: {
      200: {
        0: by('kefu', async (desk) => ({ uuid: (await desk.things()).push })),
        11: by('kefu', async (desk) => {
          const { conversation, customer } = await desk.things();
          const message = await desk.kefu.say(conversation, customer, '会被删除');
          const { pid } = (await desk.kefu.unacked()).find((one) => one.message.id === message) ?? {};
          await desk.database.deleteFrom('ppmessage_messages').where('uuid', '=', message).execute();
          return { uuid: pid };
        }),
        12: [
          by('kefu', () => ({ uuid: unknown() })),
          by('kefu', async (desk) => ({ uuid: (await desk.otherThings()).push })),
        ],
      },
    },

    getHistoryMessages: {
      200: {
        0: [
          by('kefu', async (desk) => ({ ...(await conversation(desk)), page_offset: 0 })),
          by('console', async (desk) => ({ ...(await conversation(desk)), page_offset: '-1', page_size: 0 })),
          by('kefu', async (desk) => ({
            ...(await conversation(desk)),
            page_offset: 0,
            max_id: (await desk.things()).message,
            ignore_max: 'True',
            since_id: unknown(),
          })),
        ],
      },
    },
    getMessageHistory: {
      200: {
        0: [
          by('kefu', async (desk) => ({
            from_uuid: (await desk.things()).customer,
            peer_uuid: desk.app_uuid,
            peer_type: 'OG',
            page_offset: 0,
            page_size: 10,
          })),
          by('console', (desk) => ({
            from_uuid: desk.agent.user_uuid,
            peer_uuid: unknown(),
            peer_type: 'DU',
            page_offset: 0,
            page_size: 10,
          })),
        ],
        20: by('kefu', (desk) => ({
          from_uuid: desk.otherAgent.user_uuid,
          peer_uuid: unknown(),
          peer_type: 'DU',
          page_offset: 0,
          page_size: 10,
        })),
      },
    },
    forwardMessage: {
      200: {
        0: [
          by('kefu', forwarding),
          by('kefu', async (desk) => ({ ...(await forwarding(desk)), from_uuid: desk.agent.user_uuid, to_type: 'CV' })),
        ],
        6: by('ppcom', async (desk) => ({ ...(await forwarding(desk)), task_uuid: undefined })),
        7: by('kefu', async (desk) => ({ ...(await forwarding(desk)), from_uuid: unknown() })),
        11: [
          by('kefu', async (desk) => ({ ...(await forwarding(desk)), task_uuid: unknown() })),
          by('kefu', async (desk) => ({ ...(await forwarding(desk)), task_uuid: (await desk.otherThings()).message })),
        ],
        16: by('kefu', async (desk) => ({ ...(await forwarding(desk)), conversation_type: 'X2Y' })),
        20: by('kefu', async (desk) => ({ ...(await forwarding(desk)), from_uuid: desk.otherAgent.user_uuid })),
        26: by('kefu', async (desk) => ({ ...(await forwarding(desk)), to_uuid: unknown() })),
        40: by('kefu', async (desk) => ({
          ...(await forwarding(desk)),
          from_uuid: (await desk.otherThings()).customer,
        })),
      },
    },

    setServiceUserStatus: {
      200: {
        0: ['READY', 'BUSY', 'REST', 'NULL'].map((user_status) =>
          by('kefu', (desk) => ({ ...agent(desk), user_status })),
        ),
        20: by('kefu', (desk) => ({ ...otherAgent(desk), user_status: 'REST' })),
      },
    },
    setReady: { 200: { 0: by('kefu', agent), 20: by('kefu', otherAgent) } },
    setBusy: { 200: { 0: by('kefu', agent), 20: by('kefu', otherAgent) } },
    setRest: { 200: { 0: by('kefu', agent), 20: by('kefu', otherAgent) } },
    goOnline: {
      200: {
        0: by('ppcom', customerDevice),
        29: by('ppcom', async (desk) => ({ ...agent(desk), device_uuid: unknown() })),
      },
    },
    goOffline: {
      200: {
        0: by('ppcom', customerDevice),
        29: by('ppcom', async (desk) => ({ ...agent(desk), device_uuid: unknown() })),
      },
    },
    pageOnlinePortalUsers: {
      200: {
        0: [
          by('kefu', async (desk) => {
            await desk.kefu.ok('PP_UPDATE_DEVICE', {
              device_uuid: (await desk.things()).device,
              device_is_online: true,
            });
            return {};
          }),
          by('console', () => ({ page_offset: 3, page_size: 1 })),
        ],
      },
    },

    trackEvent: {
      200: {
        0: [
          by('ppcom', async (desk) => ({
            ...(await customerDevice(desk)),
            event_name: 'OPEN_PAGE',
            event_data: { href: 'https://shop.example/' },
          })),
          by('ppcom', async (desk) => ({ ...(await customerDevice(desk)), event_name: 'CLICK' })),
        ],
        28: by('ppcom', async (desk) => ({
          ...(await customerDevice(desk)),
          event_name: 'CLICK',
          event_data: 'x'.repeat(9000),
        })),
        29: by('ppcom', (desk) => ({ ...agent(desk), device_uuid: unknown(), event_name: 'CLICK' })),
      },
    },
    pageUserNavigations: {
      200: {
        0: [
          by('kefu', async (desk) => {
            const fields = await customerDevice(desk);
            await desk.ppcom.ok('PPCOM_TRACK_EVENT', { ...fields, event_name: 'CLICK', event_data: [1] });
            return { user_uuid: fields.user_uuid };
          }),
          by('console', agent),
        ],
        20: by('kefu', otherAgent),
      },
    },
    pageDeviceNavigations: {
      200: { 0: by('kefu', async (desk) => ({ device_uuid: (await desk.things()).device, page_size: '5' })) },
    },
    getIpInfo: { 200: { 0: noFields } },

    addPredefinedScript: {
      200: {
        0: [
          by('kefu', async (desk) => ({
            script_answer: '今天发货',
            script_question: '什么时候发货？',
            group_uuid: (await desk.things()).scriptGroup,
          })),
          by('console', () => ({ script_answer: '谢谢', script_question: null })),
        ],
      },
    },
    removePredefinedScript: {
      200: {
        0: by('kefu', async ({ kefu }) => ({
          script_uuid: (await kefu.ok('PP_ADD_PREDEFINED_SCRIPT', { script_answer: '再见' })).uuid,
        })),
      },
    },
    movePredefinedScript: {
      200: {
        0: by('console', async (desk) => {
          const { script, scriptGroup } = await desk.things();
          return { script_uuid: script, group_uuid: scriptGroup };
        }),
      },
    },
    listPredefinedScripts: { 200: { 0: [noFields, onConsole] } },
    listGroupPredefinedScripts: {
      200: { 0: by('kefu', async (desk) => ({ group_uuid: (await desk.things()).scriptGroup })) },
    },
    addPredefinedScriptGroup: { 200: { 0: by('console', () => ({ group_name: '常用' })) } },
    removePredefinedScriptGroup: {
      200: {
        0: by('console', async ({ console }) => ({
          group_uuid: (await console.ok('PP_ADD_PREDEFINED_SCRIPT_GROUP', { group_name: '临时' })).uuid,
        })),
      },
    },
    listPredefinedScriptGroups: { 200: { 0: [noFields, onConsole] } },

    getOverviewNumbers: { 200: { 0: onConsole } },
    getRealTimeCustomerNumbers: { 200: { 0: onConsole } },
    getRealTimeServiceNumbers: { 200: { 0: onConsole } },
    getRealTimeMessageNumbers: { 200: { 0: onConsole } },
    getCustomerNumbersByRange: { 200: { 0: by('console', () => range), 44: wrongRanges } },
    getServiceNumbersByRange: { 200: { 0: by('console', () => range), 44: wrongRanges } },
    getMessageNumbersByRange: { 200: { 0: by('console', () => range), 44: wrongRanges } },

    runQuery: {
      200: [query('/PP_GET_APP_INFO'), query('PP_GET_APP_INFO'), query('/PP_NO_SUCH_NAME')],
    },

    streamEvents: {
      200: [
        events(() => ({})),
        events(async (desk) => {
          const { customer, device } = await desk.things();
          return { user_uuid: customer, device_uuid: device };
        }),
        events(() => ({}), { 'Last-Event-ID': '1' }),
      ],
      400: [events(() => ({ user_uuid: 'x'.repeat(65) })), events(() => ({}), { 'Last-Event-ID': 'no id!' })],
      401: [
        {},
        { headers: { Authorization: 'Basic YTpi' } },
        { headers: { Authorization: 'OAuth unknown' } },
        ({ console }) => ({ headers: console.headers }),
      ],
      403: [
        events(() => ({ user_uuid: unknown() })),
        events(() => ({ device_uuid: unknown() })),
        events(otherAgent),
        events(async (desk) => ({ user_uuid: (await desk.otherThings()).customer })),
      ],
    },
    uploadFile: {
      200: [
        { multipart: fileField() },
        { multipart: fileField('一段文字', 'a') },
        async (desk) => ({ multipart: { ...fileField(), user_uuid: desk.agent.user_uuid, subtype: 'FILE' } }),
        ({ console }) => ({ headers: console.headers, multipart: fileField() }),
      ],
      400: [
        malformedForm,
        { multipart: fileField('') },
        { multipart: { user_uuid: unknown() } },
        { multipart: { file: 'text' } },
      ],
      ...uploads(fileField()),
    },
    uploadText: {
      200: [
        { multipart: { upload_type: 'content_txt', content_txt: '很长的文字' } },
        { multipart: { upload_type: 'content_html', content_html: '<p>很长的文字</p>' } },
        { multipart: { upload_type: 'file', ...fileField() } },
        {
          multipart: {
            upload_type: 'content_icon',
            content_icon: `data:image/png;base64,${tinyPng.toString('base64')}`,
          },
        },
      ],
      400: [
        malformedForm,
        { multipart: { upload_type: 'content_txt' } },
        { multipart: { upload_type: 'file', content_txt: '文字' } },
        { multipart: { upload_type: 'smell', content_txt: '文字' } },
        { multipart: { upload_type: 'content_icon', content_icon: 'picture' } },
        { multipart: { upload_type: 'content_txt', content_txt: '' } },
      ],
      ...uploads({ upload_type: 'content_txt', content_txt: '文字' }),
    },
    downloadFile: {
      200: [
        async (desk) => ({ params: { fid: await upload(desk) } }),
        async (desk) => ({ params: { fid: await upload(desk, '文字') }, query: { file_name: '订单.txt' } }),
      ],
      ...parts,
      400: async (desk) => ({ params: { fid: await upload(desk) }, query: { file_name: 'x'.repeat(256) } }),
      404: [{ params: { fid: unknown() } }, { params: { fid: 'a' } }],
    },
    showIdenticon: {
      200: [{ params: { name: 'a.png' } }, { params: { name: '客服.png' } }],
      206: { params: { name: 'a.png' }, headers: { Range: 'bytes=0-7' } },
      304: { params: { name: 'a.png' }, headers: { 'If-None-Match': '*' } },
      400: [{ params: { name: 'a.jpg' } }, { params: { name: `${'x'.repeat(130)}.png` } }],
      416: { params: { name: 'a.png' }, headers: { Range: 'bytes=1000000-' } },
    },
  },
};
