import type { Config } from '../config.ts';
import type { Api } from '../http/api.ts';

/** How to get what a credentials file has, by API. */
const howToGet: Readonly<Record<string, readonly string[]>> = {
  tower: [
    'client_id, client_secret, redirect_uri: an application. Create one in the app centre (/app_center) as an owner or admin of a team; on a Qiyue server: qiyue app create tower --name Verify --redirect-uri http://127.0.0.1:8080/callback.',
    'people: members of a team, with username and password; on a Qiyue server: qiyue user create tower. The first one should own the team. Where the server has no password grant, give access_token in their place: the token of an authorization code.',
    'A sign-in ends the token that the same person and application had before: use an application of its own.',
    'team_id: a team of the first person, from GET /api/v1/teams. Every other id comes from the answers of the server.',
    'An entry with state is an unusual account, such as one with a second step: it is not called.',
  ],
  ucenter: [
    'client_id, client_secret, redirect_uri: an application with the password grant; on a Qiyue server: qiyue app create ucenter --name Verify --redirect-uri http://127.0.0.1:8080/callback.',
    'people: users with username and password; on a Qiyue server: qiyue user create ucenter. One with the role developer or admin of the application reaches the operations about roles. access_token can stand in place of username and password.',
    'second_app: another application; not needed.',
    'An entry with state is an unusual account: it is not called.',
  ],
  ppmessage: [
    "api_key, api_secret, and keys: the keys of an app, from its owner's console; on a Qiyue server: qiyue app create ppmessage and qiyue key create ppmessage, which allow the grants with --help's options. ppcom is the key of the customers' page, ppkefu of the agents' program, ppconsole of the console.",
    'people: agents with user_email and user_password; on a Qiyue server: qiyue user create ppmessage. The first one should own the app. For the operations of third parties give access_token in place of the password: the token of an authorization code (/ppauth/auth).',
    'app_uuid, conversation_uuid: of the app, and of a conversation of these agents.',
    'An entry with state is an unusual account: it is not called.',
  ],
  gobelieve: [
    'appid, appsecret: an app; on a Qiyue server: qiyue app create gobelieve --name Verify. They are the credentials of server and of POST /auth/grant.',
    'people: users with uid and token. A token comes from POST /auth/grant with HTTP Basic: appid and the MD5 of appsecret.',
    'customer: a customer and its token, from POST /auth/customer.',
    'group_id, store_id: a group with the first person as its owner, from POST /groups; a store of the app.',
    'An entry with state is an unusual account, such as a muted member: it is not called.',
  ],
};

/**
 * A credentials file to fill in: what a sandbox answers for the API, and how to get each part elsewhere.
 *
 * @param url the base of the API
 */
export function toTemplate({ name, demo }: Api, url: string, config: Config): object {
  const sandbox = { ...demo?.credentials(url, config), people: demo?.people ?? [] };
  const anywhere =
    'The values are those of a sandbox. Of another server the clients and the people are needed; all other fields make more of the operations succeed.';
  return { how_to_get: [anywhere, ...(howToGet[name] ?? [])], ...sandbox };
}
