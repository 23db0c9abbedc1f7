// The parts of Ghost's modules that this package uses, as far as it uses them. What stands here is checked at boot by
// `contract.ts`; the files are named in `touched.ts`.
import type { Application } from "express";
import type {
  ActiveTheme,
  InstalledTheme,
  RedirectsStore,
  RouteSettingsStore,
  ThemeSettingRow,
  ThemeSettingsService,
  UploadedTheme,
  WellknownServiceClass,
} from "./content-modules.ts";

export interface EventEmitterLike {
  on(event: string, listener: (...args: never[]) => unknown): unknown;
  listeners(event: string): ((...args: unknown[]) => unknown)[];
}

/** A row of Ghost's, as its model layer hands it over. */
export interface Model {
  readonly id: string;
  get(attribute: string): unknown;
  toJSON(): Record<string, unknown>;
}

export interface GhostConfig {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  getContentPath(kind: string): string;
  getSiteUrl(): string;
  /** Where the admin has a host of its own. */
  getAdminUrl(): string | undefined;
  /** What it was read from, the first with the last word: variables, files, Ghost's defaults. */
  readonly stores: Readonly<Record<string, { get(key: string): unknown }>>;
}

/** A class of an adapter with the options that Ghost would make it with. */
export interface LoadedAdapter {
  readonly Adapter: { validate?(config: object): void };
  readonly adapterConfig: Readonly<Record<string, unknown>>;
  readonly adapterClassName: string;
}

export interface GhostServer {
  shutdown(code?: number): Promise<void>;
  /** Awaited after the last request, before the process ends. */
  registerCleanupTask(task: () => Promise<void>, label: string): void;
}

/** What Ghost makes its offers of. */
export interface OfferParts {
  readonly redirectManager: {
    removeAllRedirects(): void;
    addRedirect(from: string, to: string, options: { permanent: boolean }): unknown;
  };
  readonly repository: { getAll(): Promise<{ id: string; code: { value: string } }[]> };
}

/** A job as Ghost hands it over: never the live object, its payload is JSON. */
export interface JobEnvelope {
  readonly type: string;
  readonly payload: string;
}

/** Which lane a job runs in; the lane `default` when there is none. */
export interface JobRouting {
  readonly queue?: string;
}

export interface JobsBackendStart {
  processor: (envelope: JobEnvelope) => Promise<void>;
  queues?: Record<string, { concurrency?: number }>;
}

/** The contract of `@tryghost/adapter-base-jobs`. */
export interface JobsBackend {
  start(options: JobsBackendStart): void | Promise<void>;
  enqueue(envelope: JobEnvelope, routing?: JobRouting): void | Promise<void>;
  scheduleRecurring(envelope: JobEnvelope, schedule: { cron: string }, routing?: JobRouting): void | Promise<void>;
  shutdown(options?: { timeoutMs?: number }): Promise<void>;
}

/** What the publishing of a scheduled post answers; both are null when there was nothing to publish. */
export interface PublishedPost {
  scheduledResource: object | null;
  preScheduledResource: object | null;
}

/** A transaction of Ghost's query builder, as far as a statement within it needs it. */
export interface Transaction {
  raw(sql: string, values: readonly unknown[]): Promise<[unknown, ...unknown[]]>;
}

export interface EditableModel extends Model {
  save(attributes: Record<string, unknown>, options?: object): Promise<unknown>;
}

export interface ModelClass {
  readonly prototype: { readonly tableName: string };
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  findOne(query: object, options?: object): Promise<EditableModel | null>;
}

/** Ghost's sender of newsletters. */
export interface BatchSending {
  emailJob(data: { emailId: string }): Promise<void>;
  /** In Ghost 6.64 not a promise, and nobody waits for it. */
  scheduleEmail(email: { readonly id: string }): unknown;
  updateStatusLock(
    model: ModelClass,
    id: string,
    status: string,
    allowed: readonly string[],
  ): Promise<EditableModel | undefined>;
  createBatch(
    email: Model,
    segment: unknown,
    members: readonly unknown[],
    options?: { transacting?: Transaction },
  ): Promise<Model>;
  retryDb<Result>(work: () => Promise<Result>, options: { description: string }): Promise<Result>;
  onPreStop(): void;
}

export interface EmailService {
  createEmail(post: EditableModel, options?: object): Promise<unknown>;
  resumeInterruptedSends(): Promise<void>;
  retryEmail(email: EditableModel): Promise<unknown>;
}

export interface EmailAnalyticsWrapper {
  readonly service: {
    getStatus(): { scheduled?: { schedule?: unknown } | null };
    restoreScheduled(): Promise<void>;
  };
  startFetch(): Promise<void>;
}

export interface ActivityPubService {
  enable(): Promise<void>;
  disable(): Promise<void>;
}

/** The endpoint at Stripe that Ghost's webhooks come from, as the settings hold it. */
export interface StripeEndpoint {
  webhook_id: string | null;
  secret: string | null;
}

export interface StripeWebhookManager {
  mode: "network" | "local";
  config: { webhookHandlerUrl: string } | null;
  webhookSecret: string | null;
  StripeWebhook: { get(): Promise<StripeEndpoint>; save(endpoint: StripeEndpoint): Promise<void> };
  api: { readonly _config?: { readonly secretKey: string }; deleteWebhookEndpoint(id: string): Promise<void> };
  start(): Promise<void>;
  stop(): Promise<boolean | undefined>;
}

export interface BillingPortalManager {
  settingsCache: { get(key: string): unknown };
  start(): Promise<void>;
}

export interface WelcomeEmailPollOptions {
  readonly memberWelcomeEmailService: {
    init(): unknown;
    readonly api: { loadMemberWelcomeEmails(): Promise<unknown>; send(options: object): Promise<unknown> };
  };
  enqueueAnotherPollAt(date: Date): unknown;
}

// A class of Ghost's whose methods are wrapped; what they take and give is written where they are wrapped.
interface Patchable {
  prototype: Record<string, (...args: never[]) => unknown>;
}

/** Each module as `Ghost.use` gives it. */
export interface Modules {
  /** Undefined when the boot failed. */
  boot: (options?: object) => Promise<GhostServer | undefined>;
  app: () => Application;
  ghostServer: { GhostServer: Patchable };
  bridge: {
    reloadFrontend(routeSettings: unknown, urlService: unknown): Promise<void>;
    getActiveTheme(): ActiveTheme | undefined;
  };
  events: EventEmitterLike;
  settingsCache: {
    get(key: string, options?: { resolve: false }): unknown;
    set(key: string, value: object): void;
  };
  settingsCacheManager: unknown;
  settingsService: { init(): Promise<void>; syncEmailSettings(value: unknown): Promise<unknown> };
  settingsListeners: unknown;
  models: {
    Settings: { findAll(options: object): Promise<{ models: Model[] }> };
    Email: ModelClass;
    Post: ModelClass;
    EmailBatch: ModelClass;
  };
  schema: Record<string, object>;
  adapterManager: {
    default: {
      getAdapter(name: string): unknown;
      loadAdapter(name: string): LoadedAdapter;
      loadAdapterFromPath(path: string): unknown;
    };
  };
  adapterManagerClass: unknown;
  themeStorage: {
    setFromZip(zip: { name: string; path: string }, options?: object): Promise<UploadedTheme>;
    destroy(name: string): Promise<unknown>;
  };
  themeInstaller: unknown;
  themeLoader: { loadAllThemes(): Promise<void>; loadOneTheme(name: string): Promise<InstalledTheme> };
  themeList: {
    get(name: string): InstalledTheme | undefined;
    getAll(): Record<string, InstalledTheme>;
    del(name: string): void;
  };
  themeActivate: {
    loadAndActivate(name: string, options: { skipChecks: boolean }): Promise<void>;
    activate(name: string): Promise<unknown>;
  };
  themeSettings: { api: ThemeSettingsService };
  themeSettingsService: {
    prototype: { _syncRepositoryWithTheme(name: string, theme: object): Promise<ThemeSettingRow[]> };
  };
  themeEngine: { get(): ActiveTheme | undefined };
  assetHash: { getHashForFile(path: string): string | null; clearCache(): void };
  assetUrl: (path: string, hasMinFile: boolean) => string;
  routeSettings: { service: unknown };
  routeSettingsService: unknown;
  routeSettingsFileStore: { default: new (config: object) => RouteSettingsStore };
  redirects: { readonly api: { activate(): Promise<void> } };
  redirectsService: { RedirectsService: Patchable };
  redirectsFileStore: { default: new (config: object) => RedirectsStore };
  urlService: unknown;
  tiers: { repository: { init(): Promise<void> } };
  tierRepository: { prototype: { init(): Promise<void>; save(tier: object): Promise<void> } };
  offersModule: { create(parts: OfferParts): unknown };
  wellknownService: { WellknownService: WellknownServiceClass };
  recommendations: {
    readonly repository?: { getAll(options: object): Promise<unknown[]> };
    readonly service?: { updateWellknown(recommendations: unknown[]): Promise<void> };
  };
  internalKeys: { default: { clear(): void } };
  jobsService: { JobsService: Patchable };
  jobsBackend: { default: new (config?: object) => JobsBackend };
  scheduling: unknown;
  postScheduling: unknown;
  postPublishing: {
    publish(type: string, id: string, force: boolean, options: object): Promise<PublishedPost>;
  };
  gifts: {
    readonly service?: { processReminders(): Promise<unknown> };
    recoverPendingDeliveries(): Promise<void>;
  };
  batchSending: { prototype: BatchSending; readonly SHUTDOWN_CODE: string };
  emailService: { prototype: EmailService };
  emailServiceWrapper: { readonly service: EmailService };
  emailAnalytics: { EmailAnalyticsServiceWrapper: { prototype: EmailAnalyticsWrapper } };
  emailAnalyticsService: unknown;
  milestones: { init(): Promise<void>; run(): Promise<unknown>; scheduleRun(customTimeout?: number): Promise<unknown> };
  activityPub: { ActivityPubService: { prototype: ActivityPubService } };
  activityPubWrapper: { readonly instance?: ActivityPubService };
  webhookManager: { prototype: StripeWebhookManager; readonly events: readonly string[] };
  stripeMigrations: { prototype: { execute(): Promise<void> } };
  billingPortal: { BillingPortalManager: { prototype: BillingPortalManager } };
  stripe: {
    readonly webhookManager: StripeWebhookManager;
    readonly api: { configure(config: null): void };
    shutdown(): Promise<void>;
  };
  welcomeEmailPoll: { welcomeEmailAutomationPoll(options: WelcomeEmailPollOptions): Promise<void> };
  tinybirdSync: { syncTableToTinybird(target: { table: string }, options: object): Promise<number> };
  recommendationService: {
    RecommendationService: { prototype: { updateAllRecommendationsMetadata(): Promise<void> } };
  };
  mentionsApi: { prototype: { refreshMentions(options: object): Promise<void> } };
  explorePing: { ExplorePingService: { prototype: { ping(): Promise<void> } } };
  importRuns: { ImportRunStore: Patchable };
  /** Its queue is of the jobs that run in this process. */
  legacyJobs: { inlineQueue: { idle(): boolean } };
}
