/** Fills the working directory with an odd tree: `node --import tsx make-odd-tree.ts FILES`. */
import { makeOddTree } from './odd-tree.js';

const files = Number(process.argv[2]);
if (!Number.isInteger(files) || files < 1) throw new Error('the number of files is missing');
await makeOddTree(process.cwd(), { files });
