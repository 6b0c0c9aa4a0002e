// SPDX-License-Identifier: Apache-2.0
//
// The life of the process `krait lsp`: found, started, and, should it end by itself, started
// again. That the daemon behind it ends is `krait lsp`'s own business.
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import {
  EventEmitter, type CancellationToken, type Disposable, type LogOutputChannel,
} from 'vscode';
import {
  DidChangeConfigurationNotification, ProgressType, type LanguageClient, type Middleware,
} from 'vscode-languageclient/node';
import { findBinary, type BinaryResult } from './binary';
import { exitText, startChild } from './child';
import { createLanguageClient } from './language-client';
import {
  Method, parseReport, parseStatus, requestsOf, type DaemonReport, type ServerStatus,
} from './protocol';
import { RestartPolicy } from './restart-policy';
import { toArguments, toServerSettings, type ServerSettings } from './settings';
import type { Connection } from './status-view';
import { readUserSettings } from './user-settings';

/** What the server tells its owner, who tells the user. */
export interface ServerListener {
  /** The user accepted a suggestion to its end. */
  onAccepted(): void;
  onMissing(result: BinaryResult): void;
  /** Ended by itself and will be started again. */
  onCrash(): void;
  /** Ended by itself too often. */
  onGivenUp(): void;
}

export interface ServerParts {
  readonly output: LogOutputChannel;
  readonly extensionFolder: string;
  readonly pluginVersion: string;
  readonly provideInlineCompletionItems: Middleware['provideInlineCompletionItems'];
  /** Nothing is to be suggested unasked. */
  readonly isSilent: () => boolean;
  readonly listener: ServerListener;
}

export class KraitServer implements Disposable {
  private readonly changed = new EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  private currentConnection: Connection = 'stopped';
  private currentStatus: ServerStatus | undefined;
  private currentReport: DaemonReport | undefined;
  private requests: ReadonlySet<string> = new Set();

  private client: LanguageClient | undefined;
  private child: ChildProcess | undefined;
  private readonly policy = new RestartPolicy();
  private timer: NodeJS.Timeout | undefined;
  private disposed = false;
  /** Starts and stops happen one after the other. */
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ServerParts) {}

  get connection(): Connection {
    return this.currentConnection;
  }

  get status(): ServerStatus | undefined {
    return this.currentStatus;
  }

  get report(): DaemonReport | undefined {
    return this.currentReport;
  }

  canAnswer(request: string): boolean {
    return this.connection === 'running' && this.requests.has(request);
  }

  /** Where the program is by the settings of now. */
  findBinary(): BinaryResult {
    const setting = readUserSettings().path;
    return findBinary({
      setting: typeof setting === 'string' ? setting : undefined,
      extensionFolder: this.parts.extensionFolder,
      searchPath: process.env['PATH'] ?? '',
      home: homedir(),
      isExecutable,
    });
  }

  /** Starts, or starts anew. */
  async start(): Promise<void> {
    this.policy.reset();
    this.abandonStart();
    await this.enqueue(() => this.startNow());
  }

  async stop(): Promise<void> {
    this.abandonStart();
    await this.enqueue(async () => {
      await this.stopNow();
      this.become('stopped');
    });
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    void this.stop().finally(() => {
      this.changed.dispose();
    });
  }

  /** Undefined if the server does not run, does not know the request, or fails at it. */
  async request(method: string, params?: object): Promise<unknown> {
    const client = this.client;
    if (client === undefined || this.connection !== 'running') return undefined;
    try {
      return await (params === undefined
        ? client.sendRequest<unknown>(method) : client.sendRequest<unknown>(method, params));
    } catch (error) {
      this.parts.output.debug(`${method}: ${String(error)}`);
      return undefined;
    }
  }

  /** As `request`, with what the server says on its way to the answer. */
  async requestInParts(
    method: string, params: object, stop: CancellationToken, onPart: (part: unknown) => void,
  ): Promise<unknown> {
    const client = this.client;
    if (client === undefined || this.connection !== 'running') return undefined;
    const token = `${method} ${randomUUID()}`;
    const parts = client.onProgress(new ProgressType<unknown>(), token, onPart);
    try {
      return await client.sendRequest<unknown>(
        method, { ...params, partialResultToken: token }, stop);
    } catch (error) {
      this.parts.output.debug(`${method}: ${String(error)}`);
      return undefined;
    } finally {
      parts.dispose();
    }
  }

  notify(method: string, params: object): void {
    const client = this.client;
    if (client === undefined || this.connection !== 'running') return;
    client.sendNotification(method, params).catch((error: unknown) => {
      this.parts.output.debug(`${method}: ${String(error)}`);
    });
  }

  sendSettings(): void {
    const settings = { krait: this.settings() };
    this.notify(DidChangeConfigurationNotification.method, { settings });
  }

  private settings(): ServerSettings {
    const user = readUserSettings();
    return toServerSettings(this.parts.isSilent() ? { ...user, enable: false } : user);
  }

  async refreshReport(): Promise<void> {
    if (!this.canAnswer(Method.status)) return;
    const answer = await this.request(Method.status);
    if (answer === undefined) return;
    this.currentReport = parseReport(answer);
    this.changed.fire();
  }

  private enqueue(step: () => Promise<void>): Promise<void> {
    const done = this.last.then(step);
    this.last = done.catch(() => undefined);
    return done;
  }

  private async startNow(): Promise<void> {
    await this.stopNow();
    if (this.disposed) return;
    const binary = this.findBinary();
    if (binary.kind !== 'found') {
      this.become('missing');
      this.parts.listener.onMissing(binary);
      return;
    }
    this.become('starting');
    const client = this.createClient(binary.file);
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.parts.output.error(`${binary.file}: ${String(error)}`);
      this.onEnded(client);
      return;
    }
    if (this.client !== client) return; // ended already
    this.requests = requestsOf(client.initializeResult?.capabilities);
    this.become('running');
    this.sendSettings();
    await this.refreshReport();
  }

  /** A server that does not answer `initialize` must not keep the next one waiting. */
  private abandonStart(): void {
    if (this.currentConnection !== 'starting') return;
    this.client = undefined;
    this.child?.kill();
  }

  private createClient(file: string): LanguageClient {
    const client: LanguageClient = createLanguageClient({
      output: this.parts.output,
      pluginVersion: this.parts.pluginVersion,
      startServer: () => this.startProcess(file),
      provideInlineCompletionItems: this.parts.provideInlineCompletionItems,
      settings: () => this.settings(),
      onAccepted: () => {
        this.parts.listener.onAccepted();
      },
      onClosed: () => {
        this.onEnded(client);
      },
    });
    client.onNotification(Method.didChangeStatus, (params: unknown) => {
      if (this.client !== client) return;
      this.currentStatus = parseStatus(params);
      this.changed.fire();
    });
    return client;
  }

  private async startProcess(file: string): Promise<ChildProcess> {
    const args = toArguments(readUserSettings());
    this.parts.output.info(`starts ${file} ${args.join(' ')}`);
    const child = await startChild(file, args);
    this.child = child;
    child.once('exit', (code, signal) => {
      this.parts.output.info(`process ${child.pid ?? 0} ended: ${exitText(code, signal)}`);
    });
    return child;
  }

  private async stopNow(): Promise<void> {
    clearTimeout(this.timer);
    const client = this.client;
    this.client = undefined; // what ends from here on is no crash
    try {
      await client?.stop();
    } catch (error) {
      this.parts.output.debug(`stopping: ${String(error)}`);
    }
    this.forget();
  }

  private onEnded(client: LanguageClient): void {
    if (this.client !== client) return;
    this.client = undefined;
    this.forget();
    const decision = this.policy.onCrash(performance.now());
    if (decision.action === 'give-up') {
      this.become('failed');
      this.parts.listener.onGivenUp();
      return;
    }
    this.become('waiting');
    if (decision.tell) this.parts.listener.onCrash();
    this.timer = setTimeout(() => {
      void this.enqueue(() => this.startNow());
    }, decision.delayMs);
  }

  /** A process that closed its output, or never answered, may still run. */
  private forget(): void {
    this.child?.kill();
    this.child = undefined;
    this.currentStatus = undefined;
    this.currentReport = undefined;
    this.requests = new Set();
  }

  private become(connection: Connection): void {
    this.currentConnection = connection;
    this.changed.fire();
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
