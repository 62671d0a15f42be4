// What the grammars of all commands share: flags that many have, and how a command is given its work.

import type { Command } from 'commander';
import { limitArgument, regionArgument, tenantArgument } from '../arguments.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../failure.ts';

export type Work<A extends unknown[]> = (context: Context, ...args: A) => Promise<ExitCode> | Promise<void>;
/** Gives a command its work. The work's arguments are commander's: positional ones, then the options. */
export type Act = <A extends unknown[]>(command: Command, work: Work<A>) => void;

export const asJson = (command: Command) => command.option('--json', 'print the result as JSON');

/** A command that asks the management API. */
export const remote = (command: Command) =>
  asJson(command)
    .option('--stack <name>', 'act on this stack on AWS; without it, on the embedded system that runs here')
    .option('--profile <name>', 'AWS profile (with --stack)')
    .option('--region <name>', 'AWS region (with --stack)', regionArgument);
export const listing = (command: Command) =>
  remote(command)
    .option('--limit <n>', 'stop after so many (default: all)', limitArgument)
    .option('--cursor <text>', 'go on where an earlier list stopped');
export const tenantOption = (command: Command) =>
  command.requiredOption('--tenant <tenant>', 'whose (required)', tenantArgument);
export const examples = (command: Command, ...lines: string[]) =>
  command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ vestibule ${line}`).join('\n')}`);
