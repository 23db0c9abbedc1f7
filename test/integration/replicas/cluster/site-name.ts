import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { makeCertificate } from "./certificate.ts";
// so that this program finds the site by its name, as its processes do
import "./hosts.mjs";

/**
 * Not an address: a site without a name has no part in ActivityPub. And with TLS: a site without it does not start
 * again once Stripe is connected.
 */
export const SITE_NAME = "blog.test";

/** Of every site in this process, which trusts it from now on. */
export const CERTIFICATE = makeCertificate(SITE_NAME);

setDefaultCACertificates([...getCACertificates(), CERTIFICATE.cert]);
