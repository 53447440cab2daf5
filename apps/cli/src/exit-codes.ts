/** How `snapfleet` ends. A code that is not listed is a failure. The reference page is made from this. */
export const exitCodes = {
  ok: { code: 0, meaning: 'It worked.' },
  failed: {
    code: 1,
    meaning: 'The device reported a failure: the operation failed, was refused, or `doctor` found something missing.',
  },
  usage: { code: 2, meaning: 'The command line, or what it asks for, is not valid; nothing was sent.' },
  unreachable: { code: 3, meaning: 'The device does not answer, or refuses the credentials.' },
  deadline: {
    code: 4,
    meaning: 'The outcome did not come within `--deadline`. The operation goes on at the device.',
  },
  incomplete: {
    code: 5,
    meaning: 'The restore point was made, but a backup or a verification that the policy asked for failed.',
  },
  interrupted: { code: 130, meaning: 'Ended by Ctrl-C. An operation that was begun goes on at the device.' },
} as const satisfies Record<string, { readonly code: number; readonly meaning: string }>;
