/** A program that judges or renders the chart, built from its Go module where it is not on PATH. */
export interface Tool {
  /** As people know it. */
  readonly title: string;
  readonly program: string;
  /** The package that `go install` builds. */
  readonly package: string;
  readonly version: string;
  /** The variable that a released binary has its version in. */
  readonly versionVariable?: string;
  /** Which of those on PATH will do: what it answers when asked for its version, and what that must look like. (Default: any) */
  readonly accepts?: { readonly args: readonly string[]; readonly pattern: RegExp };
  /** The environment variable that gives tests its path. */
  readonly variable: string;
}

const HELM_VERSION = ['version', '--template', '{{.Version}}'];

/** Exact versions: what is built here is the same everywhere. */
export const TOOLS = {
  helm: {
    title: 'Helm 4',
    program: 'helm',
    package: 'helm.sh/helm/v4/cmd/helm',
    version: 'v4.3.1',
    versionVariable: 'helm.sh/helm/v4/internal/version.version',
    accepts: { args: HELM_VERSION, pattern: /^v4\./ },
    variable: 'HELM_PROGRAM',
  },
  helm3: {
    title: 'Helm 3',
    program: 'helm',
    package: 'helm.sh/helm/v3/cmd/helm',
    version: 'v3.22.0',
    versionVariable: 'helm.sh/helm/v3/internal/version.version',
    accepts: { args: HELM_VERSION, pattern: /^v3\.(2[2-9]|[3-9]\d)\./ },
    variable: 'HELM3_PROGRAM',
  },
  kubeconform: {
    title: 'kubeconform',
    program: 'kubeconform',
    package: 'github.com/yannh/kubeconform/cmd/kubeconform',
    version: 'v0.8.0',
    variable: 'KUBECONFORM_PROGRAM',
  },
  kubeScore: {
    title: 'kube-score',
    program: 'kube-score',
    package: 'github.com/zegl/kube-score/cmd/kube-score',
    version: 'v1.20.0',
    variable: 'KUBE_SCORE_PROGRAM',
  },
  // The interpreter that Tilt itself has in it.
  starlark: {
    title: 'Starlark',
    program: 'starlark',
    package: 'go.starlark.net/cmd/starlark',
    version: 'v0.0.0-20260908191801-89a6a09411d5',
    variable: 'STARLARK_PROGRAM',
  },
} as const satisfies Readonly<Record<string, Tool>>;
