import { createTransitions } from '../../apps/orchestrator/src/workflow/create/create-state.ts';
import { deleteTransitions } from '../../apps/orchestrator/src/workflow/delete-state.ts';
import { restoreTransitions } from '../../apps/orchestrator/src/workflow/restore-state.ts';
import type { StateFacts } from '../../apps/orchestrator/src/workflow/state-facts.ts';
import { block, code, page, table } from './markdown.ts';

type States = readonly (readonly [string, StateFacts<string>])[];

/** Names with a dash are no identifiers of Mermaid. */
const node = (phase: string): string => phase.replaceAll('-', '_');

function diagram(states: States): string {
  const [first] = states;
  const edges = states.flatMap(([phase, { next }]) =>
    next.length === 0 ? [`  ${node(phase)} --> [*]`] : next.map((other) => `  ${node(phase)} --> ${node(other)}`),
  );
  return ['stateDiagram-v2', `  [*] --> ${node(first?.[0] ?? '')}`, ...edges].join('\n');
}

const stepsOf = (steps: readonly string[], ended: boolean): string => {
  if (steps.length > 0) return steps.map(code).join(' or ');
  return ended ? 'none: it has ended' : 'none: it waits, or chooses';
};

function section(title: string, states: States): string[] {
  const rows = states.map(([phase, { steps, next, cancellable }]) => [
    code(phase),
    stepsOf(steps, next.length === 0),
    next.map(code).join(', '),
    cancellable ? 'yes' : '',
  ]);
  return [
    `## ${title}`,
    block('mermaid', diagram(states)),
    table(['State', 'Step', 'Leads to', 'Can be cancelled'], rows),
  ];
}

/** The states of the workflows, drawn from the tables that they run by. */
export function statesPage(): string {
  return page('States of operations', [
    'A state is stored in the journal before its step runs, so that after a crash the journal says which effect may have happened.',
    ...section('snapshot.create and group.create', Object.entries(createTransitions)),
    'Which of several steps a state runs depends on the quiesce level. Fault tests kill every service that takes part before and after each step of this table; host-lvm, which freezes, has its own ones.',
    ...section('snapshot.delete', Object.entries(deleteTransitions)),
    ...section('snapshot.restore', Object.entries(restoreTransitions)),
  ]);
}
