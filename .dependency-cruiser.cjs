/** Imports go down only: cli → serve → app → rooms → mock, oauth, http → context → messages, live, files → the floor. */
const { readdirSync, existsSync } = require('node:fs');

/** A room is a folder of `src` that has a contract of the same name. */
const rooms = readdirSync('src').filter((name) => existsSync(`openapi/${name}/openapi.yaml`)).join('|');
const floor = '^src/(database/|clock|config|errors|log|secrets|html|lazy|root|redis|limits|turns|when-idle|duration)';

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    {
      name: 'a room knows no other room',
      severity: 'error',
      from: { path: `^src/(${rooms})/` },
      to: { path: `^(src|generated)/(${rooms})[/.]`, pathNot: '^(src|generated)/$1[/.]' },
    },
    {
      name: 'only rooms know rooms, and the app above them',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/((app|serve)\\.ts|(${rooms})/)` },
      to: { path: `^src/(${rooms})/` },
    },
    {
      name: 'rooms and below never look up',
      severity: 'error',
      from: {
        path: `^src/(${rooms}|mock|oauth|http|messages|live|files|database)/|^src/(context|commands|config|errors|secrets|html|limits|clock|log)\\.ts`,
        // Scripts of pages run in browsers, where the client is at home.
        pathNot: '\\.browser\\.ts$',
      },
      to: { path: '^src/(cli|welcome|serve|app|portal|token-proxy)\\.ts|^src/(client|docs)/' },
    },
    {
      name: 'http, oauth and mock know no room',
      severity: 'error',
      from: { path: '^src/(http|oauth|mock)/' },
      to: { path: `^src/(${rooms})/` },
    },
    {
      name: 'http knows neither oauth nor mock',
      severity: 'error',
      from: { path: '^src/http/' },
      to: { path: '^src/(oauth|mock)/' },
    },
    {
      name: 'messages, live and files rest on the floor and know nothing of each other',
      severity: 'error',
      from: { path: '^src/(messages|live|files)/' },
      to: { path: '^src/', pathNot: `^src/$1/|${floor}` },
    },
    {
      name: 'inside a room: model knows no operations, no sockets and no wire format',
      severity: 'error',
      from: { path: `^src/(${rooms})/model/` },
      to: { path: '^src/$1/(operations|socket|wire)/' },
    },
    {
      name: 'inside a room: database knows nothing above it',
      severity: 'error',
      from: { path: `^src/(${rooms})/database/` },
      to: { path: '^src/$1/', pathNot: '^src/$1/database/' },
    },
    {
      name: 'inside a room: wire knows neither operations nor sockets',
      severity: 'error',
      from: { path: `^src/(${rooms})/wire/` },
      to: { path: '^src/$1/(operations|socket)/' },
    },
    {
      name: 'only index.ts knows the sockets of a room',
      severity: 'error',
      from: { path: `^src/(${rooms})/`, pathNot: '^src/[^/]+/(index\\.ts|socket/)' },
      to: { path: '^src/$1/socket/' },
    },
    {
      name: 'only index.ts knows the operations of a room',
      severity: 'error',
      from: { path: `^src/(${rooms})/`, pathNot: '^src/[^/]+/(index\\.ts|operations/)' },
      to: { path: '^src/$1/operations/' },
    },
    {
      name: 'the database rests on the floor',
      severity: 'error',
      from: { path: '^src/database/' },
      to: { path: '^src/', pathNot: floor },
    },
    {
      name: 'the backup knows the database and the files',
      severity: 'error',
      from: { path: '^src/backup/' },
      to: { path: '^src/', pathNot: `^src/(backup|files)/|${floor}` },
    },
    {
      name: 'the client knows only the contract',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { path: '^src/', pathNot: '^src/client/' },
    },
    {
      name: 'the product knows no tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    {
      // The bundle of the server contains Prism and the protocol of agents, and the mock reads edited contracts as the
      // generator does. The programs that use the client's handlers and hooks have MSW and React Query themselves.
      name: 'only development and the mock use development packages',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/mock/(prism|bundle-contract)\\.ts|^src/mcp/(http|server|stdio)\\.ts|^src/client/(msw/|react-query\\.ts)' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'], extensions: ['.ts', '.js'] },
  },
};
