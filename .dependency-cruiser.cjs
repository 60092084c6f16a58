/** The layers of the house (docs/architecture.md): a folder may import only what is listed for it, and itself. */
const leaves = ['tokenizers', 'datasets', 'tasks', 'checkpoints', 'figures'];
const allowed = {
  random: [],
  gpu: [],
  graph: ['gpu'],
  ops: ['gpu', 'graph'],
  models: ['gpu', 'graph', 'ops'],
  performance: ['gpu', 'graph', 'ops'],
  training: ['gpu', 'graph', 'ops', 'models'],
  evaluation: ['random', 'gpu', 'graph', 'ops', 'models', 'tokenizers', 'tasks'],
  tokenizers: [],
  datasets: ['random', 'tokenizers'],
  tasks: ['datasets'],
  checkpoints: [],
  figures: ['evaluation'],
  analysis: ['gpu', 'graph', 'ops', 'models'],
  experiments: [
    'random',
    'gpu',
    'graph',
    'ops',
    'models',
    'performance',
    'training',
    'evaluation',
    ...leaves,
  ],
  worker: [
    'random',
    'gpu',
    'graph',
    'ops',
    'models',
    'training',
    'evaluation',
    'experiments',
    'analysis',
    ...leaves,
  ],
  notebook: ['experiments', 'evaluation', 'figures', 'worker'],
  ui: ['experiments', 'evaluation', 'figures', 'worker', 'notebook'],
};
const layerRules = Object.entries(allowed).map(([folder, targets]) => ({
  name: `layer-${folder}`,
  severity: 'error',
  comment: `src/${folder} may import only: ${[...targets, folder].join(', ')}`,
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: `^src/(${[...targets, folder].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-to-test',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'not-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '\\?(raw|url|worker)$|^virtual:' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\?(raw|url|worker)' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'browser', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
