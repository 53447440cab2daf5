/** What the host tells the agent in the guest, one JSON object a line. */
export type GuestRequest =
  | {
      readonly type: 'start';
      readonly id: number;
      readonly program: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly workingDirectory?: string;
    }
  | { readonly type: 'write'; readonly id: number; readonly text: string; readonly end: boolean }
  | { readonly type: 'signal'; readonly id: number; readonly signal: string }
  | { readonly type: 'halt' };

/** What the agent tells the host. */
export type GuestReport =
  | { readonly type: 'started'; readonly id: number; readonly pid: number }
  | { readonly type: 'output'; readonly id: number; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'ended'; readonly id: number; readonly exitCode: number | null; readonly signal: string | null }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };
