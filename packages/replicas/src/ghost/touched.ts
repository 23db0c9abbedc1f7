/** What a symbol must be; the arity is that of `Function.length`. */
export type SymbolShape = { readonly kind: "function"; readonly arity: number } | { readonly kind: "object" };

interface TouchedModule {
  /** Path below Ghost's root. */
  readonly file: string;
  /** Symbols of the module's exports, as `name`, `prototype.name` or `default.name`. */
  readonly symbols: Readonly<Record<string, SymbolShape>>;
  /** Ghost's boot must have come first: the module takes what it finds when it is loaded. */
  readonly afterBoot?: true;
}

const method = (arity: number): SymbolShape => ({ kind: "function", arity });
const object: SymbolShape = { kind: "object" };

/**
 * Everything private in Ghost that this package calls, wraps or listens to. It is the same for all versions of
 * `versions.json`, where the digests of these files stand.
 */
export const TOUCHED = {
  boot: { file: "core/boot.js", symbols: {} },
  app: { file: "core/app.js", symbols: {} },
  ghostServer: {
    file: "core/server/ghost-server.js",
    symbols: {
      "GhostServer.prototype.shutdown": method(0),
      "GhostServer.prototype.start": method(1),
      "GhostServer.prototype.registerCleanupTask": method(2),
    },
  },
  bridge: {
    file: "core/bridge.js",
    symbols: { reloadFrontend: method(2), getActiveTheme: method(0) },
    afterBoot: true,
  },
  events: { file: "core/server/lib/common/events.js", symbols: { listeners: method(1), on: method(2) } },
  settingsCache: { file: "core/shared/settings-cache/index.js", symbols: { get: method(2), set: method(2) } },
  settingsCacheManager: { file: "core/shared/settings-cache/cache-manager.js", symbols: {} },
  settingsService: {
    file: "core/server/services/settings/settings-service.js",
    symbols: { init: method(0), syncEmailSettings: method(1) },
  },
  settingsListeners: { file: "core/server/models/base/listeners.js", symbols: {}, afterBoot: true },
  models: { file: "core/server/models/index.js", symbols: {} },
  schema: { file: "core/server/data/schema/schema.js", symbols: {} },
  adapterManager: {
    file: "core/server/services/adapter-manager/index.js",
    symbols: {
      "default.getAdapter": method(1),
      "default.loadAdapter": method(1),
      "default.loadAdapterFromPath": method(1),
    },
  },
  adapterManagerClass: { file: "core/server/services/adapter-manager/adapter-manager.js", symbols: {} },
  themeStorage: {
    file: "core/server/services/themes/storage.js",
    symbols: { setFromZip: method(1), destroy: method(1) },
  },
  themeInstaller: { file: "core/server/services/themes/installer.js", symbols: {}, afterBoot: true },
  themeLoader: {
    file: "core/server/services/themes/loader.js",
    symbols: { loadAllThemes: method(0), loadOneTheme: method(1) },
  },
  themeList: {
    file: "core/server/services/themes/list.js",
    symbols: { get: method(1), getAll: method(0), del: method(1) },
  },
  themeActivate: {
    file: "core/server/services/themes/activate.js",
    symbols: { loadAndActivate: method(1), activate: method(1) },
  },
  themeSettings: { file: "core/server/services/custom-theme-settings.js", symbols: {} },
  themeSettingsService: {
    file: "core/shared/custom-theme-settings-cache/custom-theme-settings-service.js",
    symbols: {
      "prototype._syncRepositoryWithTheme": method(2),
      "prototype._computeCachedSettings": method(1),
      "prototype.listSettings": method(0),
    },
  },
  themeEngine: { file: "core/frontend/services/theme-engine/active.js", symbols: { get: method(0) } },
  assetHash: {
    file: "core/frontend/services/asset-hash/index.js",
    symbols: { getHashForFile: method(1), clearCache: method(0) },
  },
  assetUrl: { file: "core/frontend/meta/asset-url.js", symbols: {}, afterBoot: true },
  routeSettings: { file: "core/server/services/route-settings/index.js", symbols: { service: object } },
  routeSettingsService: { file: "core/server/services/route-settings/dynamic-routing-service.js", symbols: {} },
  routeSettingsFileStore: {
    file: "core/server/adapters/route-settings/FileStore.js",
    symbols: { "default.prototype.get": method(0), "default.prototype.replace": method(1) },
  },
  redirects: { file: "core/server/services/custom-redirects/index.js", symbols: {} },
  redirectsService: {
    file: "core/server/services/custom-redirects/redirects-service.js",
    symbols: { "RedirectsService.prototype.activate": method(0) },
  },
  redirectsFileStore: {
    file: "core/server/adapters/redirects/FileStore.js",
    symbols: { "default.prototype.getAll": method(0), "default.prototype.replaceAll": method(1) },
  },
  urlService: { file: "core/server/services/url/index.js", symbols: {}, afterBoot: true },
  tiers: { file: "core/server/services/tiers/index.js", symbols: {} },
  tierRepository: {
    file: "core/server/services/tiers/tier-repository.js",
    symbols: { "prototype.init": method(0), "prototype.save": method(1) },
  },
  offersModule: {
    file: "core/server/services/offers/offers-module.js",
    symbols: { create: method(1), "prototype.init": method(0) },
  },
  wellknownService: {
    file: "core/server/services/recommendations/service/well-known-service.js",
    symbols: {
      WellknownService: method(1),
      "WellknownService.prototype.set": method(1),
      "WellknownService.prototype.getPath": method(0),
    },
  },
  recommendations: { file: "core/server/services/recommendations/index.js", symbols: {} },
  internalKeys: { file: "core/server/services/internal-keys/index.js", symbols: { "default.clear": method(0) } },
  jobsService: {
    file: "core/server/services/jobs-service/jobs-service.js",
    symbols: { "JobsService.prototype.handle": method(3) },
  },
  jobsBackend: {
    file: "core/server/adapters/jobs/InMemoryJobsBackend.js",
    symbols: {
      "default.prototype.start": method(1),
      "default.prototype.enqueue": method(2),
      "default.prototype.scheduleRecurring": method(3),
      "default.prototype.shutdown": method(0),
    },
  },
  scheduling: { file: "core/server/adapters/scheduling/scheduling-default.js", symbols: {} },
  postScheduling: { file: "core/server/services/post-scheduling/post-scheduling.js", symbols: {} },
  postPublishing: {
    file: "core/server/services/posts/post-scheduling.js",
    symbols: { publish: method(4) },
    afterBoot: true,
  },
  gifts: {
    file: "core/server/services/gifts/index.js",
    symbols: { recoverPendingDeliveries: method(0) },
    afterBoot: true,
  },
  batchSending: {
    file: "core/server/services/email-service/batch-sending-service.js",
    symbols: {
      "prototype.emailJob": method(1),
      "prototype.scheduleEmail": method(1),
      "prototype.updateStatusLock": method(4),
      "prototype.createBatch": method(4),
      "prototype.retryDb": method(2),
      "prototype.onPreStop": method(0),
    },
  },
  emailService: {
    file: "core/server/services/email-service/email-service.js",
    symbols: {
      "prototype.createEmail": method(1),
      "prototype.resumeInterruptedSends": method(0),
      "prototype.retryEmail": method(1),
    },
  },
  emailServiceWrapper: { file: "core/server/services/email-service/index.js", symbols: {} },
  emailAnalytics: {
    file: "core/server/services/email-analytics/email-analytics-service-wrapper.js",
    symbols: { "EmailAnalyticsServiceWrapper.prototype.startFetch": method(0) },
  },
  emailAnalyticsService: {
    file: "core/server/services/email-analytics/email-analytics-service.js",
    symbols: {
      "EmailAnalyticsService.prototype.getStatus": method(0),
      "EmailAnalyticsService.prototype.restoreScheduled": method(0),
    },
  },
  milestones: {
    file: "core/server/services/milestones/service.js",
    symbols: { init: method(0), run: method(0), scheduleRun: method(1) },
    afterBoot: true,
  },
  activityPub: {
    file: "core/server/services/activitypub/activity-pub-service.js",
    symbols: {
      "ActivityPubService.prototype.enable": method(0),
      "ActivityPubService.prototype.disable": method(0),
    },
  },
  activityPubWrapper: {
    file: "core/server/services/activitypub/activity-pub-service-wrapper.js",
    symbols: { init: method(0) },
  },
  webhookManager: {
    file: "core/server/services/stripe/webhook-manager.js",
    symbols: { "prototype.start": method(0), "prototype.stop": method(0), events: object },
  },
  stripeMigrations: {
    file: "core/server/services/stripe/stripe-migrations.js",
    symbols: { "prototype.execute": method(0) },
  },
  billingPortal: {
    file: "core/server/services/stripe/billing-portal-manager.js",
    symbols: { "BillingPortalManager.prototype.start": method(0) },
  },
  stripe: {
    file: "core/server/services/stripe/service.js",
    symbols: { shutdown: method(0), webhookManager: object, api: object },
    afterBoot: true,
  },
  welcomeEmailPoll: {
    file: "core/server/services/automations/welcome-email-automation-poll.js",
    symbols: { welcomeEmailAutomationPoll: method(1) },
  },
  tinybirdSync: {
    file: "core/server/services/tinybird-sync/sync-table-to-tinybird.js",
    symbols: { syncTableToTinybird: method(2) },
  },
  recommendationService: {
    file: "core/server/services/recommendations/service/recommendation-service.js",
    symbols: { "RecommendationService.prototype.updateAllRecommendationsMetadata": method(0) },
  },
  mentionsApi: {
    file: "core/server/services/mentions/mentions-api.js",
    symbols: { "prototype.refreshMentions": method(1) },
  },
  explorePing: {
    file: "core/server/services/explore-ping/explore-ping-service.js",
    symbols: { "ExplorePingService.prototype.ping": method(0) },
  },
  importRuns: {
    file: "core/server/services/content-import/import/store.js",
    symbols: {
      "ImportRunStore.prototype.create": method(2),
      "ImportRunStore.prototype.record": method(2),
      "ImportRunStore.prototype.finish": method(1),
      "ImportRunStore.prototype.fail": method(2),
      "ImportRunStore.prototype.get": method(1),
    },
  },
  legacyJobs: {
    file: "core/server/services/jobs/index.js",
    symbols: { inlineQueue: object, "inlineQueue.idle": method(0) },
    afterBoot: true,
  },
} as const satisfies Record<string, TouchedModule>;

export type ModuleName = keyof typeof TOUCHED;

export const touchedModules = Object.entries(TOUCHED) as [ModuleName, TouchedModule][];
