import { createTransitions } from '../../apps/orchestrator/src/workflow/create/create-state.ts';
import { block, code, page, table } from './markdown.ts';

/** Names with a dash are no identifiers of Mermaid. */
const node = (phase: string): string => phase.replaceAll('-', '_');

function diagram(): string {
  const states = Object.entries(createTransitions);
  const [first] = states;
  const edges = states.flatMap(([phase, { next }]) =>
    next.length === 0 ? [`  ${node(phase)} --> [*]`] : next.map((other) => `  ${node(phase)} --> ${node(other)}`),
  );
  return ['stateDiagram-v2', `  [*] --> ${node(first?.[0] ?? '')}`, ...edges].join('\n');
}

/** The states of the workflow, drawn from the table that it runs by. */
export function statesPage(): string {
  const rows = Object.entries(createTransitions).map(([phase, { steps, next, cancellable }]) => [
    code(phase),
    steps.length === 0 ? (next.length === 0 ? 'none: it has ended' : 'waits') : steps.map(code).join(' or '),
    next.map(code).join(', '),
    cancellable ? 'yes' : '',
  ]);
  return page('States of snapshot.create and group.create', [
    'A state is stored in the journal before its step runs, so that after a crash the journal says which effect may have happened. ' +
      'Which of several steps a state runs depends on the quiesce level. Fault tests kill every service before and after each step of this table.',
    block('mermaid', diagram()),
    table(['State', 'Step', 'Leads to', 'Can be cancelled'], rows),
  ]);
}
