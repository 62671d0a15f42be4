#!/usr/bin/env node
// `vestibule`: hands the command line and the process's streams to the program, and its answer to the shell.

import { run } from './program.ts';

// `vestibule device list | head` ends when head has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await run(process.argv.slice(2), process);
