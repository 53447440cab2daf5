import { defineConfig } from 'vitest/config';

const source = {
  resolve: { conditions: ['@snapfleet/source'] },
  ssr: { resolve: { conditions: ['@snapfleet/source'] } },
};
const minute = 60_000;

const onRealDevice = '*real*.test.ts';

/**
 * A tier of tests that needs real servers: one file at a time, with deadlines long enough for the slow kernel. What runs on
 * the real device is a tier of its own, `<folder>-real`.
 */
const tier = (name: string, testTimeout: number) => ({
  ...source,
  test: {
    name,
    include: name.endsWith('-real')
      ? [`tests/${name.replace(/-real$/, '')}/${onRealDevice}`]
      : [`tests/${name}/**/*.test.ts`],
    exclude: name.endsWith('-real') ? [] : [`**/${onRealDevice}`],
    testTimeout,
    hookTimeout: Math.max(testTimeout, 5 * minute),
    fileParallelism: false,
  },
});

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: { name: 'unit', include: ['{libs,apps}/*/src/**/*.spec.ts'], testTimeout: minute, isolate: false },
      },
      tier('architecture', 2 * minute),
      tier('contracts', minute),
      tier('messaging', minute),
      tier('movers', 3 * minute),
      tier('conformance', 3 * minute),
      tier('e2e', 15 * minute),
      tier('faults', 6 * minute),
      tier('faults-host', 6 * minute),
      tier('host', 10 * minute),
      tier('conformance-real', 3 * minute),
      tier('e2e-real', 30 * minute),
    ],
  },
});
