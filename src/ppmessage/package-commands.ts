import { type Command, command } from '../commands.ts';

const name = { description: 'identifier of the program, app_distinct_name', required: true } as const;
const platform = { description: 'app_platform, such as MAC, WIN or AND', required: true } as const;

/** Commands for the packages of the agent's program, which GET_APP_VERSION returns (P-77). */
export const packageCommands: Readonly<Record<string, Command>> = {
  set: command({
    description: "List a package of the agent's program, in place of an older one",
    options: {
      name,
      platform,
      version: { description: 'name of the version', required: true },
      'version-code': { description: 'number of the version' },
      url: { description: 'address of the download', required: true },
      'plist-url': { description: 'address of the installation on Apple devices' },
      'file-name': { description: 'name of the file' },
      'friendly-name': { description: 'name that is shown' },
    },
    async run({ name, platform, version, url, ...given }, { database }) {
      const code = given['version-code'];
      if (code !== undefined && !/^\d{1,9}$/.test(code)) throw new Error('--version-code must be a number');
      const row = {
        app_distinct_name: name,
        app_platform: platform,
        app_version_name: version,
        app_version_code: code === undefined ? null : Number(code),
        app_file_url: url,
        app_plist_url: given['plist-url'] ?? null,
        app_file_name: given['file-name'] ?? null,
        app_friendly_name: given['friendly-name'] ?? null,
      };
      await database
        .insertInto('ppmessage_packages')
        .values(row)
        .onConflict((conflict) => conflict.columns(['app_distinct_name', 'app_platform']).doUpdateSet(row))
        .execute();
      return row;
    },
  }),
  list: command({
    description: 'List packages',
    options: {},
    run: (_options, { database }) =>
      database
        .selectFrom('ppmessage_packages')
        .select(['app_distinct_name', 'app_platform', 'app_version_name', 'app_version_code', 'app_file_url'])
        .orderBy('app_distinct_name')
        .orderBy('app_platform')
        .execute(),
  }),
  delete: command({
    description: 'List a package no longer',
    options: { name, platform },
    async run({ name, platform }, { database }) {
      const { numDeletedRows } = await database
        .deleteFrom('ppmessage_packages')
        .where('app_distinct_name', '=', name)
        .where('app_platform', '=', platform)
        .executeTakeFirst();
      if (numDeletedRows === 0n) throw new Error(`There is no package ${name} for ${platform}`);
      return { deleted: name };
    },
  }),
};
