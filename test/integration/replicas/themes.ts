import { zip } from "../zip.ts";

export interface Theme {
  name: string;
  zip: Uint8Array<ArrayBuffer>;
}

export interface ThemeOptions {
  /** Stands on every page; default the name. */
  marker?: string;
  /** What its style sheet holds, so that two versions of a theme can be told apart. */
  css?: string;
  /** So many bytes more in the archive. */
  ballast?: number;
}

/** A setting of the theme, as the admin's design page shows it; pages show its value. */
export const THEME_SETTING = { key: "mood", values: ["calm", "bright"] as const };

/** A theme as small as Ghost takes it. Pages hold `marker: …`, `mood: …` and the style sheet with its hash. */
export function makeTheme(name: string, options: ThemeOptions = {}): Theme {
  const { marker = name, css = `/* ${name} */`, ballast = 0 } = options;
  const files = {
    "package.json": JSON.stringify(manifest(name), null, 2),
    "default.hbs": layout(marker),
    "index.hbs": `{{!< default}}\n{{#foreach posts}}<a href="{{url}}">{{title}}</a>{{/foreach}}\n{{pagination}}\n`,
    "post.hbs": `{{!< default}}\n{{#post}}<article class="{{post_class}}"><h1>{{title}}</h1>{{content}}</article>{{/post}}\n`,
    "assets/css/screen.css": `${css}\n.kg-width-wide,.kg-width-full{max-width:100%}\n`,
    ...(ballast > 0 && { "assets/ballast.txt": "x".repeat(ballast) }),
  };
  // one folder in the archive, as GitHub makes it
  const archive = zip(Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/${path}`, text])));
  return { name, zip: new Uint8Array(archive) };
}

function manifest(name: string): object {
  const { key, values } = THEME_SETTING;
  return {
    name,
    description: "A theme for tests",
    version: "1.0.0",
    author: { name: "Anna", email: "anna@example.com" },
    engines: { ghost: ">=6.0.0" },
    config: {
      posts_per_page: 5,
      custom: { [key]: { type: "select", options: values, default: values[0] } },
    },
  };
}

function layout(marker: string): string {
  return `<!DOCTYPE html>
<html lang="{{@site.locale}}">
<head>
<meta charset="utf-8">
<title>{{meta_title}}</title>
<link rel="stylesheet" href="{{asset "css/screen.css"}}">
{{ghost_head}}
</head>
<body class="{{body_class}}">
<p>marker: ${marker}</p>
<p>mood: {{@custom.${THEME_SETTING.key}}}</p>
{{{body}}}
{{ghost_foot}}
</body>
</html>
`;
}
