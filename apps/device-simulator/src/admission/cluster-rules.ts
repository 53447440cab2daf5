import { types } from '../store/resource-types.js';
import { rule, type AdmissionRule } from './admission-rule.js';

/** Namespaces. */
export const clusterRules: readonly AdmissionRule[] = [
  rule({
    type: types.namespaces,
    begin: (namespace) => {
      const { metadata } = namespace;
      metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
      namespace.spec = { finalizers: ['kubernetes'] };
      namespace.status = { phase: 'Active' };
    },
  }),
];
