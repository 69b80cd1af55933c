/** Imports go down only: cli → app → rooms → oauth, http → context, delivery → the floor. See CONTRIBUTING.md. */
const rooms = 'tower|ucenter|ppmessage|gobelieve';
const floor = '^src/(database/|config|errors|secrets|html|lazy|root|redis|limits)';

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: { path: '^src/' }, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    {
      name: 'a room knows no other room',
      severity: 'error',
      from: { path: `^src/(${rooms})/` },
      to: { path: `^(src|generated)/(${rooms})[/.]`, pathNot: '^(src|generated)/$1[/.]' },
    },
    {
      name: 'only rooms know rooms, and the app above them',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(app\\.ts|index\\.ts|(${rooms})/)` },
      to: { path: `^src/(${rooms})/` },
    },
    {
      name: 'rooms and below never look up',
      severity: 'error',
      from: { path: `^src/(${rooms}|oauth|http|delivery|database)/|^src/(context|config|errors|secrets|html|limits)\\.ts` },
      to: { path: '^src/(cli|serve|app|portal|sandbox|events-page|docs|token-proxy|index)\\.ts|^src/client/' },
    },
    {
      name: 'oauth and http know only what is below',
      severity: 'error',
      from: { path: '^src/http/' },
      to: { path: '^src/oauth/' },
    },
    {
      name: 'delivery rests on the floor',
      severity: 'error',
      from: { path: '^src/delivery/' },
      to: { path: '^src/', pathNot: `^src/delivery/|${floor}` },
    },
    {
      name: 'the database rests on the floor',
      severity: 'error',
      from: { path: '^src/database/' },
      to: { path: '^src/', pathNot: floor },
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
      name: 'only development uses development packages',
      severity: 'error',
      from: { path: '^src/' },
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
