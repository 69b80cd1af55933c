// Reporter of Stryker: writes each outcome at once, so that a run that is ended early has outcomes, too.
import { appendFileSync } from 'node:fs';
import { commonTokens, declareFactoryPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';

const create = ({ outcomes }) => ({
  onMutantTested({ fileName, location, replacement, status }) {
    appendFileSync(outcomes, `${JSON.stringify({ file: fileName, location, replacement, status })}\n`);
  },
});

export const strykerPlugins = [
  declareFactoryPlugin(
    PluginKind.Reporter,
    'outcomes',
    Object.assign(create, { inject: tokens(commonTokens.options) }),
  ),
];
