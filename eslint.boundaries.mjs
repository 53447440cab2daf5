// Who may import whom. tests/architecture lints forbidden imports with this file and fails when they pass.
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const io = ['@nestjs/*', '@nats-io/*', '@kubernetes/*', 'execa'];

const constraints = [
  { sourceTag: 'type:contract', onlyDependOnLibsWithTags: [], bannedExternalImports: io },
  { sourceTag: 'type:adapter', onlyDependOnLibsWithTags: ['type:contract', 'type:system', 'type:access'] },
  {
    sourceTag: 'type:access',
    onlyDependOnLibsWithTags: ['type:contract'],
    bannedExternalImports: ['@nestjs/*', '@kubernetes/*', 'execa'],
  },
  { sourceTag: 'type:system', onlyDependOnLibsWithTags: ['type:contract'] },
  // What several apps do in the same way.
  {
    sourceTag: 'type:feature',
    onlyDependOnLibsWithTags: ['type:contract', 'type:adapter'],
    bannedExternalImports: ['@nestjs/*', '@nats-io/*', '@kubernetes/*', 'execa'],
  },
  {
    sourceTag: 'type:sdk',
    onlyDependOnLibsWithTags: ['type:contract', 'type:access'],
    bannedExternalImports: ['@nestjs/*', '@kubernetes/*', 'execa'],
  },
  { sourceTag: 'type:cli', onlyDependOnLibsWithTags: ['type:contract', 'type:sdk'], bannedExternalImports: io },
  {
    sourceTag: 'type:app',
    onlyDependOnLibsWithTags: ['type:contract', 'type:adapter', 'type:system', 'type:feature'],
  },
  {
    sourceTag: 'type:testing',
    onlyDependOnLibsWithTags: [
      'type:contract',
      'type:adapter',
      'type:system',
      'type:access',
      'type:feature',
      'type:sdk',
    ],
  },
  { sourceTag: 'plane:device', onlyDependOnLibsWithTags: ['plane:device', 'plane:any'] },
  { sourceTag: 'priv:none', notDependOnLibsWithTags: ['priv:root'] },
  { allSourceTags: ['type:adapter', 'priv:root'], bannedExternalImports: io },
];

const boundaries = (depConstraints) => ({
  '@nx/enforce-module-boundaries': [
    'error',
    { enforceBuildableLibDependency: true, banTransitiveDependencies: false, allow: [], depConstraints },
  ],
});

/** Programs are started in one place; tests and tools start their own servers. */
const programs = {
  'no-restricted-imports': [
    'error',
    {
      paths: ['child_process', 'node:child_process', 'execa'].map((name) => ({
        name,
        message: 'Programs are started by libs/process, from a closed list.',
      })),
    },
  ],
};

export default [
  { ignores: ['**/dist/**', '**/node_modules/**', 'coverage/**', '.nx/**'] },
  {
    files: ['{apps,libs,tests,tools}/**/*.ts'],
    languageOptions: { parser: tseslint.parser },
    plugins: { '@nx': nx },
    rules: boundaries(constraints),
  },
  { files: ['{apps,libs}/**/*.ts'], ignores: ['libs/process/src/**'], rules: programs },
];
