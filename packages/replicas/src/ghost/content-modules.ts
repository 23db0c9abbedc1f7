// The parts of Ghost's modules for themes, routes and redirects that this package uses, as `modules.ts` has the others.

export interface InstalledTheme {
  name: string;
}

export interface ActiveTheme {
  readonly name: string;
  readonly path: string;
}

/** What a storage of themes answers to an upload. */
export interface UploadedTheme {
  theme: { themes: { name: string }[] };
  themeOverridden: boolean;
}

export interface ThemeSettingRow {
  readonly key: string;
  readonly value: unknown;
}

export interface ThemeSettingsService {
  readonly activeThemeName: string;
  readonly _repository: { browse(options: { filter: string }): Promise<{ toJSON(): ThemeSettingRow[] }> };
  readonly _activeThemeSettings: Record<string, { value: unknown }>;
  readonly _valueCache: { populate(settings: unknown): void };
  listSettings(): unknown;
  _computeCachedSettings(settings: unknown): unknown;
}

/** Where Ghost keeps routes.yaml; the settings are what it has parsed, with the text that the owner wrote. */
export interface RouteSettingsStore {
  get(): Promise<object>;
  replace(settings: { yamlSource: string }): Promise<void>;
}

/** Where Ghost keeps the owner's redirects. */
export interface RedirectsStore {
  getAll(): Promise<object[]>;
  replaceAll(redirects: object[]): Promise<void>;
}

interface WellknownService {
  readonly dir: string;
  readonly urlUtils: object;
  getPath(): string;
  set(this: WellknownService, recommendations: unknown[]): Promise<void>;
}

/** What writes `.well-known/recommendations.json`. */
export interface WellknownServiceClass {
  new (options: { dir: string; urlUtils: object }): WellknownService;
  prototype: WellknownService;
}
