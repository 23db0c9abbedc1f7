import { MINIO_IMAGE } from "./cluster/kind.ts";

/** Port of the ingress controller. */
const PORT = 30_080;

/** Where readers find a blog and its uploads, by names that the cluster's DNS knows. */
export function urlsOf(name: string) {
  const [blog, cdn, store] = [name, `cdn.${name}`, `s3.${name}`].map((host) => `http://${host}.test:${PORT}`);
  return { blog: blog!, cdn: cdn!, store: store! };
}

const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

/** The node that stays holds the data. */
const DATA = { nodeSelector: { [CONTROL_PLANE]: "" }, tolerations: [{ key: CONTROL_PLANE, operator: "Exists" }] };

/** A blog with everything in the cluster, for two cores. */
export function values(name: string, image: { repository: string; tag: string }): object {
  const { blog, cdn, store } = urlsOf(name);
  return {
    url: blog,
    cdnUrl: cdn,
    image,
    ghost: {
      resources: { requests: { cpu: "150m", memory: "300Mi" }, limits: { memory: "1Gi" } },
      rescheduleAfterSeconds: 5,
    },
    autoscaling: { minReplicas: 2, maxReplicas: 4 },
    ingress: {
      enabled: true,
      className: "traefik",
      annotations: { "traefik.ingress.kubernetes.io/router.middlewares": "retry@file" },
    },
    mysql: { ...DATA, resources: { requests: { cpu: "50m", memory: "512Mi" } } },
    minio: { ...DATA, image: MINIO_IMAGE, resources: { requests: { cpu: "50m", memory: "128Mi" } } },
    // what CloudFront would be, and the way to the store for who sets its policy
    extraObjects: [ingressTo("cdn", cdn, "bucket@file,retry@file"), ingressTo("s3", store, "retry@file")],
  };
}

function ingressTo(name: string, url: string, middlewares: string): object {
  const backend = { service: { name: "{{ .Release.Name }}-minio", port: { name: "s3" } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name: `{{ .Release.Name }}-${name}`,
      annotations: { "traefik.ingress.kubernetes.io/router.middlewares": middlewares },
    },
    spec: {
      ingressClassName: "traefik",
      rules: [{ host: new URL(url).hostname, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    },
  };
}
