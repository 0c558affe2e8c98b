// DO NOT EDIT: made of crds/ by hack/generate-definitions.
// swift-format-ignore-file

/// The CustomResourceDefinitions of this version.
package enum PublishedDefinitions {
    /// Their YAML, by name.
    package static let yaml: [String: String] = [
        "databaseroletemplates.lanyard.dev": #"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: databaseroletemplates.lanyard.dev
spec:
  group: lanyard.dev
  scope: Cluster
  names:
    kind: DatabaseRoleTemplate
    listKind: DatabaseRoleTemplateList
    plural: databaseroletemplates
    singular: databaseroletemplate
    shortNames: [dbt]
    categories: [lanyard]
  versions:
  - name: v1alpha1
    served: true
    storage: true
    subresources:
      status: {}
    additionalPrinterColumns:
    - {name: Mount, type: string, priority: 1, jsonPath: .spec.mount}
    - {name: Connections, type: string, priority: 1, jsonPath: .spec.connections}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    - {name: Reason, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].reason'}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        description: >-
          Statements for database roles that the platform team wrote, for VaultRoleBindings to name instead of writing
          SQL.
        type: object
        required: [spec]
        properties:
          spec:
            description: >-
              What a database role gets that names this template. When it changes, every binding that uses it is brought
              up to date.
            type: object
            x-kubernetes-validations:
            - rule: has(self.connections) && size(self.connections) > 0
              message: connections must name at least one connection
            - rule: has(self.creationStatements) && size(self.creationStatements) > 0
              message: creationStatements must have at least one statement
            properties:
              mount:
                description: Path at which the database engine is mounted. By default the configured one.
                type: string
                minLength: 1
                maxLength: 256
                x-kubernetes-validations:
                - rule: self.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$')
                  message: must be a mount path such as secret or team/secret, without slashes at its ends
              connections:
                description: >-
                  The engine's connections that it may be used with. A binding need not name the connection if there is
                  one here. A * at the end of an entry stands for any rest.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 64
                items:
                  description: Name of a connection.
                  type: string
                  minLength: 1
                  maxLength: 512
                  x-kubernetes-validations:
                  - rule: self.matches('^([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|([A-Za-z0-9_][A-Za-z0-9_.-]*)?[*])$')
                    message: must be letters, digits, '_', '-' and '.', perhaps with a * at the end
              creationStatements:
                description: >-
                  Statements that make a database user, in order, with Vault's placeholders such as {{name}} and
                  {{password}}.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 32
                items:
                  description: One SQL statement.
                  type: string
                  maxLength: 65536
              revocationStatements:
                description: >-
                  Statements that remove it, in order. By default what the database plugin does.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 32
                items:
                  description: One SQL statement.
                  type: string
                  maxLength: 65536
              renewStatements:
                description: >-
                  Statements that renew it, in order. By default what the database plugin does.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 32
                items:
                  description: One SQL statement.
                  type: string
                  maxLength: 65536
              rollbackStatements:
                description: >-
                  Statements that undo a creation that failed, in order.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 32
                items:
                  description: One SQL statement.
                  type: string
                  maxLength: 65536
              defaultTTL:
                description: Lifetime of a credential where a binding says none. By default the mount's.
                type: string
                maxLength: 32
                x-kubernetes-validations:
                - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                  message: must be a duration of whole seconds greater than 0, such as 1h or 30m
              maxTTL:
                description: >-
                  The longest lifetime that a binding may ask for, and the one where it says none. By default the mount's.
                type: string
                maxLength: 32
                x-kubernetes-validations:
                - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                  message: must be a duration of whole seconds greater than 0, such as 1h or 30m
              credentialType:
                description: >-
                  Type of the credentials, password, rsa_private_key or client_certificate. password by default.
                type: string
                maxLength: 64
                x-kubernetes-validations:
                - rule: self in ['password', 'rsa_private_key', 'client_certificate']
                  message: must be password, rsa_private_key or client_certificate
          status:
            description: What is true of the template. Written by the operator alone and never read by it.
            type: object
            # To kstatus an object without a status is as it should be; with this it is one that nobody has looked at yet.
            default: {observedGeneration: -1}
            properties:
              observedGeneration:
                description: The metadata.generation that this status is about; -1 before the first look.
                type: integer
                format: int64
                minimum: -1
              conditions:
                description: What holds and what does not, one entry per type; docs/conditions.md explains all.
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [type]
                maxItems: 16
                items:
                  description: One observation.
                  type: object
                  required: [type, status, reason, message, lastTransitionTime]
                  properties:
                    type:
                      description: What is observed, for example Ready.
                      type: string
                      minLength: 1
                      maxLength: 316
                    status:
                      description: Whether it holds.
                      type: string
                      enum: ["True", "False", Unknown]
                    reason:
                      description: Why, as one word for programs; docs/conditions.md lists all.
                      type: string
                      minLength: 1
                      maxLength: 1024
                    message:
                      description: Why, as a sentence for people; it names the object and the field.
                      type: string
                      maxLength: 32768
                    observedGeneration:
                      description: The metadata.generation that was looked at.
                      type: integer
                      format: int64
                      minimum: 0
                    lastTransitionTime:
                      description: When status last changed.
                      type: string
                      format: date-time

"""#,
        "identityboundaries.lanyard.dev": #"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: identityboundaries.lanyard.dev
spec:
  group: lanyard.dev
  scope: Cluster
  names:
    kind: IdentityBoundary
    listKind: IdentityBoundaryList
    plural: identityboundaries
    singular: identityboundary
    shortNames: [ib]
    categories: [lanyard]
  versions:
  - name: v1alpha1
    served: true
    storage: true
    subresources:
      status: {}
    additionalPrinterColumns:
    - {name: Namespaces, type: integer, jsonPath: .status.namespaces}
    - {name: Resources, type: integer, jsonPath: .status.resources}
    - {name: Violating, type: integer, jsonPath: .status.violating}
    - {name: On violation, type: string, priority: 1, jsonPath: .spec.onViolation}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    - {name: Reason, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].reason'}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        description: >-
          What namespaces may ask for. All boundaries that are about a namespace add up; a namespace that none is about
          has its own SPIFFE IDs, derived names and the secrets under its name.
        type: object
        required: [spec]
        properties:
          spec:
            description: What is allowed, and to which namespaces. What is not mentioned is not allowed.
            type: object
            properties:
              namespaces:
                description: >-
                  Which namespaces it is about: one of names and selector suffices. None when absent.
                type: object
                properties:
                  names:
                    description: >-
                      Names of namespaces. A trailing * stands for any rest.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 512
                    items:
                      description: Name of a namespace, or its beginning and *.
                      type: string
                      minLength: 1
                      maxLength: 64
                      x-kubernetes-validations:
                      - rule: >-
                          self.matches('^([a-z0-9]([a-z0-9-]*[a-z0-9])?|([a-z0-9][a-z0-9-]*)?[*])$')
                        message: must be the name of a namespace, or its beginning and *
                  selector:
                    description: >-
                      Labels of namespaces. Whoever may label namespaces can then choose a boundary: names are the
                      safe form. Selects nothing while it demands nothing.
                    type: object
                    properties:
                      matchLabels:
                        description: Labels that a namespace must all have.
                        type: object
                        maxProperties: 64
                        additionalProperties:
                          description: Value of the label.
                          type: string
                          maxLength: 63
                      matchExpressions:
                        description: Demands on labels that must all be met.
                        type: array
                        x-kubernetes-list-type: atomic
                        maxItems: 64
                        items:
                          description: One demand.
                          type: object
                          required: [key, operator]
                          properties:
                            key:
                              description: Key of the label.
                              type: string
                              minLength: 1
                              maxLength: 317
                            operator:
                              description: In, NotIn, Exists or DoesNotExist.
                              type: string
                              maxLength: 16
                              x-kubernetes-validations:
                              - rule: self in ['In', 'NotIn', 'Exists', 'DoesNotExist']
                                message: must be one of In, NotIn, Exists, DoesNotExist
                            values:
                              description: Values for In and NotIn.
                              type: array
                              x-kubernetes-list-type: atomic
                              maxItems: 64
                              items:
                                description: One of the values.
                                type: string
                                maxLength: 63
              onViolation:
                description: >-
                  What happens to what exists when its resource falls outside. Retain leaves it, Withdraw deletes it in SPIRE
                  and Vault until the resource is within again. Retain by default; one boundary of a namespace that says
                  Withdraw suffices.
                type: string
                enum: [Retain, Withdraw]
              identity:
                description: >-
                  What WorkloadIdentities may ask for. Nothing when absent.
                type: object
                properties:
                  spiffeIDs:
                    description: >-
                      Patterns of the paths of SPIFFE IDs, with placeholders such as {namespace} and
                      {serviceAccount}: + is any one segment, * at the end any rest.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 256
                    items:
                      description: One pattern.
                      type: string
                      minLength: 1
                      maxLength: 1024
                      x-kubernetes-validations:
                      - rule: >-
                          self.startsWith('/') && !self.matches('^/([+]|[^/]*[*])(/|$)')
                        message: must start with / and must not have a wildcard in its first segment
                  dnsNames:
                    description: >-
                      Patterns of DNS names, with placeholders. A label that is * is any one label.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 512
                    items:
                      description: One pattern.
                      type: string
                      minLength: 1
                      maxLength: 2048
                  federatesWith:
                    description: >-
                      Trust domains whose bundles workloads may receive.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 512
                    items:
                      description: Name of a trust domain.
                      type: string
                      minLength: 1
                      maxLength: 255
                  placements:
                    description: Placements that may be used. All when absent.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 3
                    items:
                      description: One placement.
                      type: string
                      enum: [Cluster, Node, Pod]
                  maxX509TTL:
                    description: >-
                      The longest lifetime of X.509-SVIDs that may be asked for. 24h where no boundary of a
                      namespace says one.
                    type: string
                    maxLength: 32
                    x-kubernetes-validations:
                    - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                      message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                  maxJWTTTL:
                    description: >-
                      The longest lifetime of JWT-SVIDs that may be asked for. 1h where no boundary of a namespace
                      says one.
                    type: string
                    maxLength: 32
                    x-kubernetes-validations:
                    - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                      message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                  allowAdmin:
                    description: >-
                      Whether workloads may call the SPIRE server's administrative API. False by default.
                    type: boolean
                  allowDownstream:
                    description: >-
                      Whether workloads may be SPIRE servers below this one. False by default.
                    type: boolean
                  allowStoreSVID:
                    description: >-
                      Whether SVIDs may be stored by the agent. False by default.
                    type: boolean
              vault:
                description: >-
                  What VaultRoleBindings may ask for. Nothing when absent.
                type: object
                properties:
                  names:
                    description: >-
                      Patterns of names of roles, policies and database roles, with placeholders. A trailing *
                      stands for any rest.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 512
                    items:
                      description: One pattern.
                      type: string
                      minLength: 1
                      maxLength: 512
                  authMounts:
                    description: >-
                      Auth methods at which roles may be made. The configured ones when absent.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 512
                    items:
                      description: Path of a mount, without auth/.
                      type: string
                      minLength: 1
                      maxLength: 256
                  secretsMounts:
                    description: >-
                      Mounts of secrets engines beside the configured ones. What is below them is an engine's and not a
                      namespace's of the server.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 64
                    items:
                      description: Path of a mount, with placeholders.
                      type: string
                      minLength: 1
                      maxLength: 512
                  maxTokenTTL:
                    description: >-
                      The longest lifetime of tokens. It is written into roles whose binding does not say one. 24h
                      where no boundary of a namespace says another one.
                    type: string
                    maxLength: 32
                    x-kubernetes-validations:
                    - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                      message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                  allowPeriodicTokens:
                    description: >-
                      Whether tokens may be renewed for ever. False by default.
                    type: boolean
                  extraPolicies:
                    description: >-
                      Policies that tokens may have besides their own, with placeholders. A trailing * stands for
                      any rest; policies that begin with lanyard. are never among them.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 512
                    items:
                      description: Name of a policy, or its beginning and *.
                      type: string
                      minLength: 1
                      maxLength: 512
                      x-kubernetes-validations:
                      - rule: >-
                          !self.startsWith('lanyard.')
                          && !(self in ['*', 'l*', 'la*', 'lan*', 'lany*', 'lanya*', 'lanyar*', 'lanyard*'])
                        message: must not reach policies that begin with lanyard.
                  paths:
                    description: >-
                      What may be done at which paths. A rule is allowed if its path is contained in one of these for each of its
                      capabilities.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 256
                    items:
                      description: Capabilities at paths.
                      type: object
                      required: [path, capabilities]
                      properties:
                        path:
                          description: >-
                            Pattern of API paths, with placeholders such as {namespace}: + is any one segment, * at the end any rest.
                          type: string
                          minLength: 1
                          maxLength: 1024
                          x-kubernetes-validations:
                          - rule: >-
                              !self.matches('^([+]|[^/]*[*])(/|$)') && !self.startsWith('/')
                              && !(self in ['sys', 'auth', 'identity', 'cubbyhole']) && !self.startsWith('sys/')
                              && !self.startsWith('auth/') && !self.startsWith('identity/') && !self.startsWith('cubbyhole/')
                            message: must begin with the literal name of a mount that is not the server's own
                        capabilities:
                          description: Capabilities that may be granted there.
                          type: array
                          x-kubernetes-list-type: set
                          minItems: 1
                          maxItems: 16
                          items:
                            description: One capability. Never sudo.
                            type: string
                            maxLength: 16
                            x-kubernetes-validations:
                            - rule: self in ['create', 'read', 'update', 'patch', 'delete', 'list', 'scan', 'subscribe', 'recover']
                              message: must be a capability that can be granted
                  databases:
                    description: Database connections of which roles may be made.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 512
                    items:
                      description: One connection.
                      type: object
                      required: [connection]
                      properties:
                        mount:
                          description: >-
                            Mount of the database engine, with placeholders. The configured one by default.
                          type: string
                          maxLength: 256
                        connection:
                          description: Name of the connection, with placeholders.
                          type: string
                          minLength: 1
                          maxLength: 512
                        templates:
                          description: >-
                            Patterns of names of DatabaseRoleTemplates that roles may be made by.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 512
                          items:
                            description: Name of a template, or its beginning and *.
                            type: string
                            minLength: 1
                            maxLength: 253
                        inlineStatements:
                          description: >-
                            Whether authors may write statements of their own, which run with all rights of the
                            connection. False by default.
                          type: boolean
                        staticUsernames:
                          description: >-
                            Existing database users whose passwords may be rotated and read.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 512
                          items:
                            description: Name of a user.
                            type: string
                            minLength: 1
                            maxLength: 256
              allowOrphan:
                description: >-
                  Whether deletionPolicy Orphan may leave access behind. False by default.
                type: boolean
              allowPause:
                description: >-
                  Whether the annotation lanyard.dev/paused has effect. False by default.
                type: boolean
              allowReportOnly:
                description: >-
                  Whether driftPolicy may be Report. True by default.
                type: boolean
              allowAdoption:
                description: >-
                  Whether the annotation lanyard.dev/adopt has effect. False by default.
                type: boolean
              sharedNames:
                description: >-
                  Whether patterns may be the same for several of these namespaces, though they contain names of
                  ServiceAccounts or resources, which every namespace chooses for itself, or though one becomes for a
                  namespace what another becomes for the next. Then whoever makes a ServiceAccount of some name has what
                  every other namespace has by that name. False by default.
                type: boolean
          status:
            description: What is true of the boundary. Written by the operator alone and never read by it.
            type: object
            # To kstatus an object without a status is as it should be; with this it is one that nobody has looked at yet.
            default: {observedGeneration: -1}
            properties:
              observedGeneration:
                description: The metadata.generation that this status is about; -1 before the first look.
                type: integer
                format: int64
                minimum: -1
              namespaces:
                description: How many namespaces it is about.
                type: integer
                format: int64
                minimum: 0
              resources:
                description: How many WorkloadIdentities and VaultRoleBindings there are in these namespaces.
                type: integer
                format: int64
                minimum: 0
              violating:
                description: How many of them ask for more than their namespaces are allowed.
                type: integer
                format: int64
                minimum: 0
              conditions:
                description: What holds and what does not, one entry per type; docs/conditions.md explains all.
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [type]
                maxItems: 16
                items:
                  description: One observation.
                  type: object
                  required: [type, status, reason, message, lastTransitionTime]
                  properties:
                    type:
                      description: What is observed, for example Ready.
                      type: string
                      minLength: 1
                      maxLength: 316
                    status:
                      description: Whether it holds.
                      type: string
                      enum: ["True", "False", Unknown]
                    reason:
                      description: Why, as one word for programs; docs/conditions.md lists all.
                      type: string
                      minLength: 1
                      maxLength: 1024
                    message:
                      description: Why, as a sentence for people; it names the object and the field.
                      type: string
                      maxLength: 32768
                    observedGeneration:
                      description: The metadata.generation that was looked at.
                      type: integer
                      format: int64
                      minimum: 0
                    lastTransitionTime:
                      description: When status last changed.
                      type: string
                      format: date-time

"""#,
        "ownershiprecords.lanyard.dev": #"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: ownershiprecords.lanyard.dev
spec:
  group: lanyard.dev
  scope: Namespaced
  names:
    kind: OwnershipRecord
    listKind: OwnershipRecordList
    plural: ownershiprecords
    singular: ownershiprecord
    shortNames: [own]
    categories: [lanyard]
  versions:
  - name: v1alpha1
    served: true
    storage: true
    additionalPrinterColumns:
    - {name: Owner Kind, type: string, jsonPath: .spec.owner.kind}
    - {name: Owner Namespace, type: string, jsonPath: .spec.owner.namespace}
    - {name: Owner, type: string, jsonPath: .spec.owner.name}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        description: >-
          The operator's ledger of what one object owns in Vault. It lives in the operator's namespace and is written by
          the operator alone; whoever can write it can make the operator delete objects in Vault.
        type: object
        required: [spec]
        properties:
          spec:
            description: Who owns what.
            type: object
            required: [owner]
            properties:
              owner:
                description: The object on whose behalf the paths are claimed.
                type: object
                required: [kind, name, uid]
                properties:
                  kind:
                    description: Kind of the owner, for example VaultRoleBinding.
                    type: string
                    minLength: 1
                    maxLength: 63
                  namespace:
                    description: Namespace of the owner; absent for a cluster-scoped one.
                    type: string
                    maxLength: 63
                  name:
                    description: Name of the owner.
                    type: string
                    minLength: 1
                    maxLength: 253
                  uid:
                    description: UID of the owner, by which it is told from a later object of the same name.
                    type: string
                    minLength: 1
                    maxLength: 128
              convergedDigest:
                description: >-
                  Digest of the desired state in which everything was last seen, or to which it was brought. A difference
                  from that state is a change by hand. Absent while another state is being written.
                type: string
                maxLength: 256
              namespaceUID:
                description: >-
                  UID of the owner's namespace when the paths were claimed, by which it is told from a later one of the same
                  name. Absent for a cluster-scoped owner.
                type: string
                maxLength: 128
              tombstones:
                description: >-
                  Names of policies that the owner has given up while tokens that have them may live. No other namespace
                  gets such a name before that is over; without its entry here it would be free at once.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 1024
                items:
                  description: One name of a policy.
                  type: object
                  required: [path]
                  properties:
                    path:
                      description: API path of the policy without /v1/.
                      type: string
                      minLength: 1
                      maxLength: 2048
                    namespaceUID:
                      description: >-
                        UID of the namespace that had the name, and may have it again at once. Absent where it was not
                        known; then the owner's namespace is meant by its name.
                      type: string
                      maxLength: 128
                    until:
                      description: >-
                        When the last token has ended at the latest. Absent for tokens that do not end by themselves; whoever
                        has revoked them takes the entry out by hand.
                      type: string
                      format: date-time
              claims:
                description: The claimed API paths.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 1024
                items:
                  description: One claimed API path.
                  type: object
                  required: [path, claimedAt]
                  properties:
                    path:
                      description: API path without /v1/, for example auth/kubernetes/role/web.
                      type: string
                      minLength: 1
                      maxLength: 2048
                    claimedAt:
                      description: When the path was claimed, which was before anything was written to it.
                      type: string
                      format: date-time
                    deletionPolicy:
                      description: >-
                        What happens to the object when its owner does not want it any more: Orphan leaves it behind, as
                        the owner's spec said when it was last looked at. By default it is deleted.
                      type: string
                      enum: [Delete, Orphan]
                    sourceDigest:
                      description: >-
                        Digest of what was written to the path and is in no spec, to know when it changed; a keyed one
                        of a secret. Absent where the spec says all.
                      type: string
                      maxLength: 2048
                    tokenSeconds:
                      description: >-
                        Of a policy, the longest life in seconds of tokens that have it; 0 when they are renewed for ever.
                      type: integer
                      format: int64
                      minimum: 0
                    accessor:
                      description: >-
                        Vault's name for the mount that was made under this claim. Absent for one that was found there,
                        which is never disabled.
                      type: string
                      maxLength: 256

"""#,
        "vaultmounts.lanyard.dev": #"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: vaultmounts.lanyard.dev
spec:
  group: lanyard.dev
  scope: Cluster
  names:
    kind: VaultMount
    listKind: VaultMountList
    plural: vaultmounts
    singular: vaultmount
    shortNames: [vmt]
    categories: [lanyard]
  versions:
  - name: v1alpha1
    served: true
    storage: true
    subresources:
      status: {}
    additionalPrinterColumns:
    - {name: Path, type: string, jsonPath: .status.path}
    - {name: Type, type: string, jsonPath: .spec.type}
    - {name: Accessor, type: string, priority: 1, jsonPath: .status.accessor}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    - {name: Reason, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].reason'}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        description: >-
          An auth method or secrets engine that the platform team wants to exist in Vault, with its configuration.
          Whoever can write one decides whose logins Vault believes.
        type: object
        required: [spec]
        x-kubernetes-validations:
        # Of a name it is known already that its parts are DNS labels.
        - rule: >-
            !self.metadata.name.contains('.') && self.metadata.name.size() <= 63
          message: the name must be a DNS label
        properties:
          spec:
            description: Where something is mounted and how it is configured.
            type: object
            required: [type]
            x-kubernetes-validations:
            - rule: >-
                !has(self.kubernetes) || self.type == 'kubernetes'
              message: kubernetes must not be there for another type
            - rule: >-
                !has(self.jwt) || self.type == 'jwt'
              message: jwt must not be there for another type
            - rule: >-
                !has(self.database) || self.type == 'database'
              message: database must not be there for another type
            - rule: >-
                !has(self.pki) || self.type == 'pki'
              message: pki must not be there for another type
            - rule: >-
                !has(self.kv) || self.type == 'kv'
              message: kv must not be there for another type
            - rule: self.type != 'kubernetes' || has(self.kubernetes)
              message: kubernetes must be there for type kubernetes
            - rule: self.type != 'jwt' || has(self.jwt)
              message: jwt must be there for type jwt
            - rule: self.type == oldSelf.type
              message: type cannot be changed
            - rule: has(self.path) == has(oldSelf.path) && (!has(self.path) || self.path == oldSelf.path)
              message: path cannot be changed
            - rule: >-
                (has(self.kv) && has(self.kv.version) ? self.kv.version : 2) ==
                (has(oldSelf.kv) && has(oldSelf.kv.version) ? oldSelf.kv.version : 2)
              message: kv.version cannot be changed
            properties:
              path:
                description: >-
                  Where it is mounted, without auth/. By default the name of the VaultMount. It cannot be changed.
                type: string
                minLength: 1
                maxLength: 256
                x-kubernetes-validations:
                - rule: self.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$')
                  message: must be a mount path such as secret or team/secret, without slashes at its ends
                - rule: >-
                    !self.matches('^(?i)(sys|auth|identity|cubbyhole)(/|$)')
                  message: must not be one of the server's own mounts
              type:
                description: What is mounted. kubernetes and jwt are auth methods. It cannot be changed.
                type: string
                enum: [kubernetes, jwt, database, pki, kv]
              description:
                description: What people read in the list of mounts. Empty by default.
                type: string
                maxLength: 512
              tune:
                description: Settings that every mount has.
                type: object
                properties:
                  defaultLeaseTTL:
                    description: Lifetime of leases and tokens that ask for none. By default the server's.
                    type: string
                    maxLength: 32
                    x-kubernetes-validations:
                    - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                      message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                  maxLeaseTTL:
                    description: The longest lifetime of leases, tokens and certificates. By default the server's.
                    type: string
                    maxLength: 32
                    x-kubernetes-validations:
                    - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                      message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                  listingVisibility:
                    description: >-
                      Whether the mount is listed for those who are not logged in, hidden or unauth. By default
                      hidden.
                    type: string
                    maxLength: 16
                    x-kubernetes-validations:
                    - rule: self in ['hidden', 'unauth']
                      message: must be hidden or unauth
                  auditNonHMACRequestKeys:
                    description: Members of requests that audit logs show in clear. None by default.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 64
                    items:
                      description: Name of a member.
                      type: string
                      minLength: 1
                      maxLength: 512
                  auditNonHMACResponseKeys:
                    description: Members of answers that audit logs show in clear. None by default.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 64
                    items:
                      description: Name of a member.
                      type: string
                      minLength: 1
                      maxLength: 512
              kubernetes:
                description: The API server that ServiceAccount tokens are reviewed by. Needed for type kubernetes.
                type: object
                required: [host]
                properties:
                  host:
                    description: URL of the API server, as Vault reaches it.
                    type: string
                    minLength: 1
                    maxLength: 1024
                    x-kubernetes-validations:
                    - rule: self.startsWith('https://')
                      message: must be an https URL
                  caCertificate:
                    description: >-
                      PEM certificates that the API server is verified with. By default those of the pod in which
                      Vault runs.
                    type: string
                    minLength: 1
                    maxLength: 65536
                    x-kubernetes-validations:
                    - rule: self.contains('-----BEGIN CERTIFICATE-----')
                      message: must be certificates as PEM
                    - rule: >-
                        !self.contains('PRIVATE KEY')
                      message: must not contain a private key
                  reviewerTokenSecretRef:
                    description: >-
                      The token with which reviews are asked for, in a Secret of the operator's own namespace. By
                      default Vault uses the token of its pod, or the one that logs in.
                    type: object
                    required: [name]
                    properties:
                      name:
                        description: Name of the Secret.
                        type: string
                        minLength: 1
                        maxLength: 253
                      key:
                        description: Entry with the token. By default token.
                        type: string
                        minLength: 1
                        maxLength: 253
                  disableLocalCAJWT:
                    description: Whether Vault leaves the CA and the token of its pod alone. By default not.
                    type: boolean
              jwt:
                description: Whose tokens are accepted. Needed for type jwt.
                type: object
                x-kubernetes-validations:
                - rule: '[has(self.trust), has(self.jwksURL), has(self.discoveryURL)].filter(given, given).size() == 1'
                  message: exactly one of trust, jwksURL and discoveryURL must be given
                properties:
                  trust:
                    description: >-
                      SPIRE: the operator writes the keys with which the SPIRE server signs JWT-SVIDs, and keeps them
                      in step.
                    type: string
                    enum: [SPIRE]
                  jwksURL:
                    description: URL of a JSON Web Key Set, which Vault fetches.
                    type: string
                    minLength: 1
                    maxLength: 1024
                    x-kubernetes-validations:
                    - rule: self.startsWith('https://')
                      message: must be an https URL
                  discoveryURL:
                    description: URL of an OpenID provider, exactly as it names itself, which Vault asks for its keys.
                    type: string
                    minLength: 1
                    maxLength: 1024
                    x-kubernetes-validations:
                    - rule: self.startsWith('https://')
                      message: must be an https URL
                  caCertificate:
                    description: PEM certificates that the server of the URL is verified with. By default the system's.
                    type: string
                    minLength: 1
                    maxLength: 65536
                    x-kubernetes-validations:
                    - rule: self.contains('-----BEGIN CERTIFICATE-----')
                      message: must be certificates as PEM
                    - rule: >-
                        !self.contains('PRIVATE KEY')
                      message: must not contain a private key
                  boundIssuer:
                    description: The iss that tokens must have. By default it is not looked at.
                    type: string
                    maxLength: 1024
              database:
                description: The connections of a database engine.
                type: object
                properties:
                  connections:
                    description: >-
                      The connections. One that is taken out of the list is deleted only if deletionPolicy is Delete.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 64
                    items:
                      description: One connection.
                      type: object
                      required: [name, credentialsSecretRef]
                      x-kubernetes-validations:
                      - rule: has(self.connectionURL) || has(self.host) || has(self.hosts) || has(self.url)
                        message: connectionURL must be there, or one of host, hosts and url
                      - rule: >-
                          !has(self.connectionURL) || !(has(self.host) || has(self.hosts) || has(self.url) || has(self.port))
                        message: connectionURL must not be there beside host, hosts, url and port
                      - rule: >-
                          !has(self.connectionURL) || (self.connectionURL.contains('{{username}}') &&
                          self.connectionURL.contains('{{password}}')) || (has(self.secretSettings) &&
                          self.secretSettings.exists(setting, setting.name == 'private_key'))
                        message: connectionURL must contain {{username}} and {{password}}
                      properties:
                        name:
                          description: Name of the connection in Vault.
                          type: string
                          minLength: 1
                          maxLength: 512
                          x-kubernetes-validations:
                          - rule: self.matches('^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$')
                            message: must be letters, digits, '_', '-' and '.'
                        plugin:
                          description: Name of the database plugin. By default postgresql-database-plugin.
                          type: string
                          minLength: 1
                          maxLength: 512
                          x-kubernetes-validations:
                          - rule: self.matches('^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$')
                            message: must be letters, digits, '_', '-' and '.'
                        connectionURL:
                          description: >-
                            How the database is reached, with {{username}} and {{password}} in place of the
                            credentials. For plugins that have such a setting; others have host, hosts or url.
                          type: string
                          minLength: 1
                          maxLength: 2048
                        host:
                          description: Where the database is, for plugins such as valkey-database-plugin.
                          type: string
                          minLength: 1
                          maxLength: 253
                        port:
                          description: Port of the database. By default the plugin's.
                          type: integer
                          format: int64
                          minimum: 1
                          maximum: 65535
                        hosts:
                          description: Where the database is, for plugins such as cassandra-database-plugin.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 32
                          items:
                            description: Name or address of a host.
                            type: string
                            minLength: 1
                            maxLength: 253
                        url:
                          description: Where the database is, for plugins such as elasticsearch-database-plugin.
                          type: string
                          minLength: 1
                          maxLength: 1024
                          x-kubernetes-validations:
                          - rule: self.startsWith('http://') || self.startsWith('https://')
                            message: must be a URL
                        tls:
                          description: Whether the plugin uses TLS, where that is no matter of the URL. By default the plugin's.
                          type: boolean
                        disableEscaping:
                          description: >-
                            Whether the credentials go into connectionURL as they are, for databases that do not take
                            them escaped. By default not.
                          type: boolean
                        settings:
                          description: >-
                            Further settings of the plugin, by the names of Vault's documentation, such as ca_cert or
                            tls_ca. Numbers and true or false are written as texts. What has a field of its own and
                            what is secret does not belong here.
                          type: object
                          maxProperties: 32
                          additionalProperties:
                            description: Value of the setting.
                            type: string
                            minLength: 1
                            maxLength: 32768
                          x-kubernetes-validations:
                          - rule: self.all(name, name.matches('^[a-z0-9_]{1,64}$'))
                            message: settings are named by lower case letters, digits and '_'
                        secretSettings:
                          description: >-
                            Further settings of the plugin that are secret, such as private_key or pem_bundle. With a
                            private_key no password is written.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 8
                          items:
                            description: One setting.
                            type: object
                            required: [name, secretRef]
                            properties:
                              name:
                                description: Name of the setting in Vault's documentation.
                                type: string
                                minLength: 1
                                maxLength: 64
                                x-kubernetes-validations:
                                - rule: self.matches('^[a-z0-9_]+$')
                                  message: must be lower case letters, digits and '_'
                              secretRef:
                                description: Where its value is, in a Secret of the operator's own namespace.
                                type: object
                                required: [name, key]
                                properties:
                                  name:
                                    description: Name of the Secret.
                                    type: string
                                    minLength: 1
                                    maxLength: 253
                                  key:
                                    description: Entry with the value.
                                    type: string
                                    minLength: 1
                                    maxLength: 253
                        credentialsSecretRef:
                          description: >-
                            The user that the engine logs in with, in a Secret of the operator's own namespace. The
                            password is written when the connection is made and when the Secret changes, and never
                            after Vault rotated it.
                          type: object
                          required: [name]
                          properties:
                            name:
                              description: Name of the Secret.
                              type: string
                              minLength: 1
                              maxLength: 253
                            usernameKey:
                              description: Entry with the name of the user. By default username.
                              type: string
                              minLength: 1
                              maxLength: 253
                            passwordKey:
                              description: Entry with the password. By default password.
                              type: string
                              minLength: 1
                              maxLength: 253
                        allowedRoles:
                          description: >-
                            Roles that may use the connection. A * at the end of an entry stands for any rest. By
                            default none may.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 256
                          items:
                            description: Name of a role, perhaps with a * at the end.
                            type: string
                            minLength: 1
                            maxLength: 512
                        rootRotationStatements:
                          description: >-
                            Statements that change the password of the engine's own user, in order. By default what
                            the plugin does.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 32
                          items:
                            description: One SQL statement.
                            type: string
                            maxLength: 65536
                        passwordPolicy:
                          description: Name of the policy by which passwords are generated. None by default.
                          type: string
                          minLength: 1
                          maxLength: 512
                        usernameTemplate:
                          description: Template of the names of generated users. By default the plugin's.
                          type: string
                          minLength: 1
                          maxLength: 1024
                        maxOpenConnections:
                          description: The most open connections. By default the plugin's limit.
                          type: integer
                          format: int64
                          minimum: 0
                          maximum: 1000
                        maxIdleConnections:
                          description: The most idle connections. By default the plugin's limit.
                          type: integer
                          format: int64
                          minimum: 0
                          maximum: 1000
                        maxConnectionLifetime:
                          description: How long a connection is used. By default for ever.
                          type: string
                          maxLength: 32
                          x-kubernetes-validations:
                          - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                            message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                        passwordAuthentication:
                          description: >-
                            How passwords of new users are sent to PostgreSQL, password or scram-sha-256. By default
                            password.
                          type: string
                          maxLength: 32
                          x-kubernetes-validations:
                          - rule: self in ['password', 'scram-sha-256']
                            message: must be password or scram-sha-256
              pki:
                description: >-
                  The certificate authority of a PKI engine and what it issues. With neither root nor intermediate,
                  the authority is somebody else's affair.
                type: object
                x-kubernetes-validations:
                - rule: '!has(self.root) || !has(self.intermediate)'
                  message: at most one of root and intermediate may be given
                properties:
                  root:
                    description: An authority that signs itself, made once. Its key never leaves Vault.
                    type: object
                    required: [commonName]
                    properties:
                      commonName:
                        description: The CN of its certificate.
                        type: string
                        minLength: 1
                        maxLength: 64
                      organization:
                        description: The O of its certificate. None by default.
                        type: string
                        maxLength: 64
                      ttl:
                        description: How long its certificate is good. By default as long as the server's default says.
                        type: string
                        maxLength: 32
                        x-kubernetes-validations:
                        - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                          message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                      keyType:
                        description: Type of its key, rsa, ec or ed25519. By default rsa.
                        type: string
                        maxLength: 16
                        x-kubernetes-validations:
                        - rule: self in ['rsa', 'ec', 'ed25519']
                          message: must be rsa, ec or ed25519
                      keyBits:
                        description: Size of its key. By default 2048 for rsa and 256 for ec.
                        type: integer
                        format: int64
                        x-kubernetes-validations:
                        - rule: self in [224, 256, 384, 521, 2048, 3072, 4096, 8192]
                          message: must be 2048, 3072, 4096 or 8192 for rsa, or 224, 256, 384 or 521 for ec
                  intermediate:
                    description: >-
                      An authority that another PKI engine of this Vault signs, made once. Its key never leaves Vault.
                    type: object
                    required: [signedBy, commonName]
                    properties:
                      signedBy:
                        description: Mount path of the engine that signs it.
                        type: string
                        minLength: 1
                        maxLength: 256
                        x-kubernetes-validations:
                        - rule: self.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$')
                          message: must be a mount path such as pki or team/pki, without slashes at its ends
                      commonName:
                        description: The CN of its certificate.
                        type: string
                        minLength: 1
                        maxLength: 64
                      organization:
                        description: The O of its certificate. None by default.
                        type: string
                        maxLength: 64
                      ttl:
                        description: How long its certificate is good. By default as long as the server's default says.
                        type: string
                        maxLength: 32
                        x-kubernetes-validations:
                        - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                          message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                      keyType:
                        description: Type of its key, rsa, ec or ed25519. By default rsa.
                        type: string
                        maxLength: 16
                        x-kubernetes-validations:
                        - rule: self in ['rsa', 'ec', 'ed25519']
                          message: must be rsa, ec or ed25519
                      keyBits:
                        description: Size of its key. By default 2048 for rsa and 256 for ec.
                        type: integer
                        format: int64
                        x-kubernetes-validations:
                        - rule: self in [224, 256, 384, 521, 2048, 3072, 4096, 8192]
                          message: must be 2048, 3072, 4096 or 8192 for rsa, or 224, 256, 384 or 521 for ec
                  urls:
                    description: Addresses that certificates carry.
                    type: object
                    properties:
                      issuingCertificates:
                        description: Where the certificate of the authority is. None by default.
                        type: array
                        x-kubernetes-list-type: atomic
                        maxItems: 16
                        items:
                          description: URL of such a place.
                          type: string
                          minLength: 1
                          maxLength: 1024
                          x-kubernetes-validations:
                          - rule: self.startsWith('http://') || self.startsWith('https://')
                            message: must be a URL
                      crlDistributionPoints:
                        description: Where the revocation lists are. None by default.
                        type: array
                        x-kubernetes-list-type: atomic
                        maxItems: 16
                        items:
                          description: URL of such a place.
                          type: string
                          minLength: 1
                          maxLength: 1024
                          x-kubernetes-validations:
                          - rule: self.startsWith('http://') || self.startsWith('https://')
                            message: must be a URL
                      ocspServers:
                        description: Where the state of a certificate is asked for. None by default.
                        type: array
                        x-kubernetes-list-type: atomic
                        maxItems: 16
                        items:
                          description: URL of such a place.
                          type: string
                          minLength: 1
                          maxLength: 1024
                          x-kubernetes-validations:
                          - rule: self.startsWith('http://') || self.startsWith('https://')
                            message: must be a URL
                  roles:
                    description: What certificates are issued. A role that is taken out of the list is deleted.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 64
                    items:
                      description: One role of the engine.
                      type: object
                      required: [name]
                      properties:
                        name:
                          description: Name of the role in Vault.
                          type: string
                          minLength: 1
                          maxLength: 512
                          x-kubernetes-validations:
                          - rule: self.matches('^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$')
                            message: must be letters, digits, '_', '-' and '.'
                        allowedDomains:
                          description: Domains that certificates may be issued for, as the flags below say.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 64
                          items:
                            description: A domain or a pattern.
                            type: string
                            minLength: 1
                            maxLength: 512
                        allowBareDomains:
                          description: Whether a domain itself may be issued. By default not.
                          type: boolean
                        allowSubdomains:
                          description: Whether names below a domain may be issued. By default not.
                          type: boolean
                        allowGlobDomains:
                          description: Whether a * in a domain is a pattern. By default not.
                          type: boolean
                        allowWildcardCertificates:
                          description: Whether certificates for *.name may be issued. By default they may.
                          type: boolean
                        allowAnyName:
                          description: Whether any name may be issued. By default not.
                          type: boolean
                        allowLocalhost:
                          description: Whether localhost may be issued. By default it may.
                          type: boolean
                        allowIPSANs:
                          description: Whether IP addresses may be issued. By default they may.
                          type: boolean
                        allowedURISANs:
                          description: URIs that may be issued, with * as a pattern. None by default.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 64
                          items:
                            description: A URI or a pattern.
                            type: string
                            minLength: 1
                            maxLength: 512
                        enforceHostnames:
                          description: Whether names must be host names. By default they must.
                          type: boolean
                        requireCN:
                          description: Whether a common name must be asked for. By default it must.
                          type: boolean
                        serverFlag:
                          description: Whether certificates are good for servers. By default they are.
                          type: boolean
                        clientFlag:
                          description: Whether certificates are good for clients. By default they are.
                          type: boolean
                        keyType:
                          description: Type of keys, rsa, ec, ed25519 or any. By default rsa.
                          type: string
                          maxLength: 16
                          x-kubernetes-validations:
                          - rule: self in ['rsa', 'ec', 'ed25519', 'any']
                            message: must be rsa, ec, ed25519 or any
                        keyBits:
                          description: Size of keys. By default 2048 for rsa and 256 for ec.
                          type: integer
                          format: int64
                          x-kubernetes-validations:
                          - rule: self in [224, 256, 384, 521, 2048, 3072, 4096, 8192]
                            message: must be 2048, 3072, 4096 or 8192 for rsa, or 224, 256, 384 or 521 for ec
                        keyUsage:
                          description: >-
                            Key usages of certificates. By default DigitalSignature, KeyAgreement and KeyEncipherment.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 16
                          items:
                            description: Name of a key usage.
                            type: string
                            maxLength: 32
                            x-kubernetes-validations:
                            - rule: >-
                                self in ['DigitalSignature', 'ContentCommitment', 'KeyEncipherment',
                                'DataEncipherment', 'KeyAgreement', 'CertSign', 'CRLSign', 'EncipherOnly',
                                'DecipherOnly']
                              message: must be the name of a key usage
                        extKeyUsage:
                          description: Extended key usages of certificates, beside those of the flags. None by default.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 16
                          items:
                            description: Name of an extended key usage.
                            type: string
                            maxLength: 32
                            x-kubernetes-validations:
                            - rule: >-
                                self in ['Any', 'ServerAuth', 'ClientAuth', 'CodeSigning', 'EmailProtection',
                                'IPSECEndSystem', 'IPSECTunnel', 'IPSECUser', 'TimeStamping', 'OCSPSigning']
                              message: must be the name of an extended key usage
                        organization:
                          description: The O of certificates. None by default.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 16
                          items:
                            description: An organization.
                            type: string
                            minLength: 1
                            maxLength: 512
                        ttl:
                          description: >-
                            How long certificates are good that do not ask for a time. By default the mount's default.
                          type: string
                          maxLength: 32
                          x-kubernetes-validations:
                          - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                            message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                        maxTTL:
                          description: The longest time that may be asked for. By default the mount's.
                          type: string
                          maxLength: 32
                          x-kubernetes-validations:
                          - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                            message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                        noStore:
                          description: >-
                            Whether certificates are not kept in Vault, and so cannot be revoked there. By default
                            they are kept.
                          type: boolean
              kv:
                description: Settings of a KV engine.
                type: object
                properties:
                  version:
                    description: Version of the engine, 1 or 2. By default 2. It cannot be changed.
                    type: integer
                    format: int64
                    minimum: 1
                    maximum: 2
              driftPolicy:
                description: >-
                  What happens when somebody changed in Vault what is declared here. Correct puts it back, Report only
                  says so. Correct by default.
                type: string
                enum: [Correct, Report]
              deletionPolicy:
                description: >-
                  What happens in Vault when the VaultMount is deleted. Orphan leaves everything behind. Delete
                  disables the mount with all that is in it if this VaultMount made it, and otherwise deletes the
                  roles or connections. Orphan by default.
                type: string
                enum: [Delete, Orphan]
          status:
            description: What is true of the mount. Written by the operator alone and never read by it.
            type: object
            # To kstatus an object without a status is as it should be; with this it is one that nobody has looked at yet.
            default: {observedGeneration: -1}
            properties:
              observedGeneration:
                description: The metadata.generation that this status is about; -1 before the first look.
                type: integer
                format: int64
                minimum: -1
              path:
                description: Where it is mounted, for example auth/kubernetes or database.
                type: string
                maxLength: 512
              accessor:
                description: Vault's name for this mount, by which policies and aliases refer to it.
                type: string
                maxLength: 256
              objects:
                description: API paths of what is kept as declared below the mount.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 1024
                items:
                  description: One API path.
                  type: string
                  maxLength: 2048
              conditions:
                description: What holds and what does not, one entry per type; docs/conditions.md explains all.
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [type]
                maxItems: 16
                items:
                  description: One observation.
                  type: object
                  required: [type, status, reason, message, lastTransitionTime]
                  properties:
                    type:
                      description: What is observed, for example Ready.
                      type: string
                      minLength: 1
                      maxLength: 316
                    status:
                      description: Whether it holds.
                      type: string
                      enum: ["True", "False", Unknown]
                    reason:
                      description: Why, as one word for programs; docs/conditions.md lists all.
                      type: string
                      minLength: 1
                      maxLength: 1024
                    message:
                      description: Why, as a sentence for people; it names the object and the field.
                      type: string
                      maxLength: 32768
                    observedGeneration:
                      description: The metadata.generation that was looked at.
                      type: integer
                      format: int64
                      minimum: 0
                    lastTransitionTime:
                      description: When status last changed.
                      type: string
                      format: date-time

"""#,
        "vaultrolebindings.lanyard.dev": #"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: vaultrolebindings.lanyard.dev
spec:
  group: lanyard.dev
  scope: Namespaced
  names:
    kind: VaultRoleBinding
    listKind: VaultRoleBindingList
    plural: vaultrolebindings
    singular: vaultrolebinding
    shortNames: [vrb]
    categories: [lanyard]
  versions:
  - name: v1alpha1
    served: true
    storage: true
    subresources:
      status: {}
    additionalPrinterColumns:
    - {name: Identity, type: string, jsonPath: .spec.workloadIdentityRef.name}
    - {name: Role, type: string, jsonPath: .status.vault.roleName}
    - {name: DB roles, type: integer, priority: 1, jsonPath: .status.vault.databaseRoleCount}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    - {name: Reason, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].reason'}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        description: >-
          Vault access for one identity or for some ServiceAccounts of a namespace, kept in Vault or OpenBao as a
          policy, auth roles and database roles.
        type: object
        required: [spec]
        properties:
          spec:
            description: >-
              Who gets what. Fields that are absent get the controller's defaults, which are never written here.
            type: object
            x-kubernetes-validations:
            - rule: has(self.workloadIdentityRef) != has(self.serviceAccountNames)
              message: exactly one of workloadIdentityRef and serviceAccountNames must be given
            - rule: >-
                !has(self.jwtAuth) || has(self.workloadIdentityRef)
              message: jwtAuth needs workloadIdentityRef
            - rule: >-
                !has(self.kubernetesAuth) || !has(self.kubernetesAuth.enabled) || self.kubernetesAuth.enabled
                || has(self.jwtAuth)
              message: kubernetesAuth.enabled must not be false without jwtAuth, at least one auth method is needed
            - rule: >-
                !has(self.roleName) || !self.roleName.contains('_') || !has(self.databaseRoles)
                || self.databaseRoles.all(r, has(r.vaultName))
              message: databaseRoles need a vaultName where the roleName has an underscore
            properties:
              workloadIdentityRef:
                description: >-
                  The identity, in this namespace, that gets the access, by its ServiceAccount and its SPIFFE ID. Either
                  this or serviceAccountNames.
                type: object
                required: [name]
                properties:
                  name:
                    description: Name of the WorkloadIdentity.
                    type: string
                    minLength: 1
                    maxLength: 253
              serviceAccountNames:
                description: >-
                  ServiceAccounts of this namespace that get the access, for workloads without an identity. Either this
                  or workloadIdentityRef.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 64
                x-kubernetes-validations:
                - rule: size(self) > 0
                  message: must name at least one ServiceAccount
                items:
                  description: Name of a ServiceAccount.
                  type: string
                  minLength: 1
                  maxLength: 253
                  x-kubernetes-validations:
                  - rule: self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$')
                    message: must be the literal name of one ServiceAccount, without wildcards
              roleName:
                description: Name of the auth roles in Vault. By default lanyard.{cluster}.{namespace}.{name}.
                type: string
                minLength: 1
                maxLength: 512
                x-kubernetes-validations:
                - rule: self.matches('^[a-z0-9]([a-z0-9_-]*[a-z0-9])?([.][a-z0-9]([a-z0-9_-]*[a-z0-9])?)*$')
                  message: >-
                    must be lower-case letters, digits, '_', '-' and '.', with a letter or digit at the ends of each part
              policyName:
                description: Name of the ACL policy in Vault. By default the role name.
                type: string
                minLength: 1
                maxLength: 512
                x-kubernetes-validations:
                - rule: self.matches('^[a-z0-9]([a-z0-9_-]*[a-z0-9])?([.][a-z0-9]([a-z0-9_-]*[a-z0-9])?)*$')
                  message: >-
                    must be lower-case letters, digits, '_', '-' and '.', with a letter or digit at the ends of each part
              kubernetesAuth:
                description: The role at the Kubernetes auth method, which is made unless it is disabled here.
                type: object
                properties:
                  enabled:
                    description: Whether the role is made. True by default.
                    type: boolean
                  mount:
                    description: Path at which the auth method is mounted. By default the configured one.
                    type: string
                    minLength: 1
                    maxLength: 256
                    x-kubernetes-validations:
                    - rule: self.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$')
                      message: must be a mount path such as secret or team/secret, without slashes at its ends
                  audience:
                    description: The audience that a ServiceAccount token must have. By default none is asked for.
                    type: string
                    maxLength: 512
                  aliasNameSource:
                    description: >-
                      What names the login's entity alias, serviceaccount_uid or serviceaccount_name. serviceaccount_uid
                      by default.
                    type: string
                    maxLength: 64
                    x-kubernetes-validations:
                    - rule: self in ['serviceaccount_uid', 'serviceaccount_name']
                      message: must be serviceaccount_uid or serviceaccount_name
              jwtAuth:
                description: >-
                  The role at the JWT auth method, for login with a JWT-SVID of exactly the identity's SPIFFE ID. Made
                  only if this is given; needs workloadIdentityRef.
                type: object
                x-kubernetes-validations:
                - rule: has(self.audiences) && size(self.audiences) > 0
                  message: audiences must name at least one audience
                properties:
                  mount:
                    description: Path at which the auth method is mounted. By default the configured one.
                    type: string
                    minLength: 1
                    maxLength: 256
                    x-kubernetes-validations:
                    - rule: self.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$')
                      message: must be a mount path such as secret or team/secret, without slashes at its ends
                  audiences:
                    description: >-
                      Audiences of which a JWT-SVID must have one. Required; use one that only this Vault accepts.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 16
                    items:
                      description: One audience.
                      type: string
                      minLength: 1
                      maxLength: 1024
              token:
                description: How the tokens of a login look. What is absent is left to Vault's defaults.
                type: object
                x-kubernetes-validations:
                - rule: >-
                    !has(self.type) || self.type != 'batch'
                    || (!has(self.period) && (!has(self.numUses) || self.numUses == 0))
                  message: a batch token has neither period nor numUses
                properties:
                  ttl:
                    description: Lifetime of a token until it must be renewed.
                    type: string
                    maxLength: 32
                    x-kubernetes-validations:
                    - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                      message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                  maxTTL:
                    description: Lifetime beyond which a token cannot be renewed.
                    type: string
                    maxLength: 32
                    x-kubernetes-validations:
                    - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                      message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                  explicitMaxTTL:
                    description: Lifetime beyond which a token cannot be renewed, whatever the mount allows.
                    type: string
                    maxLength: 32
                    x-kubernetes-validations:
                    - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                      message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                  period:
                    description: >-
                      Makes a token that can be renewed for ever, each time for this long. Needs a boundary that allows
                      it.
                    type: string
                    maxLength: 32
                    x-kubernetes-validations:
                    - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                      message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                  numUses:
                    description: How many requests a token is good for. 0, the default, is any number.
                    type: integer
                    format: int64
                    x-kubernetes-validations:
                    - rule: self >= 0
                      message: must not be negative
                  type:
                    description: Type of the tokens, default, service or batch.
                    type: string
                    maxLength: 64
                    x-kubernetes-validations:
                    - rule: self in ['default', 'service', 'batch']
                      message: must be default, service or batch
                  boundCIDRs:
                    description: Addresses from which a login and its token may be used.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 64
                    items:
                      description: An address or a network in CIDR notation.
                      type: string
                      maxLength: 64
                      x-kubernetes-validations:
                      - rule: self.matches('^[0-9A-Fa-f:.]+(/[0-9]+)?$')
                        message: must be an IP address or a network in CIDR notation, such as 10.0.0.0/8
                  noDefaultPolicy:
                    description: Whether tokens go without Vault's default policy. False by default.
                    type: boolean
                  extraPolicies:
                    description: >-
                      Policies besides the one that is made for this binding. Needs a boundary that allows them.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 64
                    items:
                      description: Name of a policy.
                      type: string
                      minLength: 1
                      maxLength: 512
              access:
                description: What a login may do in Vault. All parts together make one policy.
                type: object
                properties:
                  kv:
                    description: Access to secrets of a KV engine.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 256
                    items:
                      description: Access to one path.
                      type: object
                      required: [path, permissions]
                      x-kubernetes-validations:
                      - rule: >-
                          !has(self.version) || self.version != 1
                          || self.permissions.all(p, p in ['Read', 'List', 'Write', 'Delete'])
                        message: version 1 has only the permissions Read, List, Write and Delete
                      properties:
                        mount:
                          description: Path at which the engine is mounted. By default the configured one.
                          type: string
                          minLength: 1
                          maxLength: 256
                          x-kubernetes-validations:
                          - rule: self.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$')
                            message: must be a mount path such as secret or team/secret, without slashes at its ends
                        path:
                          description: >-
                            Path of the secrets within the engine, without data/ or metadata/. Exact, or ending in /*
                            for everything below it.
                          type: string
                          minLength: 1
                          maxLength: 1024
                          x-kubernetes-validations:
                          - rule: self.matches('^[^*]*$|^[^*]+/[*]$')
                            message: must be exact or end in /*; a wildcard is allowed nowhere else
                          - rule: >-
                              !self.matches('(^|/)([.][.]?)?(/|$)')
                            message: must not have a segment that is empty, . or ..
                          - rule: >-
                              !self.matches('[$][{]|[{][{]|[}][}]|[+%"]')
                            message: must not contain templates, plus or percent signs, or quotation marks
                        permissions:
                          description: What may be done there.
                          type: array
                          x-kubernetes-list-type: set
                          minItems: 1
                          maxItems: 16
                          items:
                            description: >-
                              Read, List, Write, Delete, and with version 2 also Undelete, Destroy, ReadMetadata,
                              WriteMetadata and DeleteMetadata.
                            type: string
                            maxLength: 64
                            x-kubernetes-validations:
                            - rule: >-
                                self in ['Read', 'List', 'Write', 'Delete', 'Undelete', 'Destroy', 'ReadMetadata',
                                'WriteMetadata', 'DeleteMetadata']
                              message: must be one of the KV permissions, such as Read, List, Write or Delete
                        version:
                          description: Version of the engine, 1 or 2. 2 by default.
                          type: integer
                          format: int64
                          enum: [1, 2]
                  pki:
                    description: Access to roles of a PKI engine.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 64
                    items:
                      description: Access to one role.
                      type: object
                      required: [role, operations]
                      properties:
                        mount:
                          description: Path at which the engine is mounted. By default the configured one.
                          type: string
                          minLength: 1
                          maxLength: 256
                          x-kubernetes-validations:
                          - rule: self.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$')
                            message: must be a mount path such as secret or team/secret, without slashes at its ends
                        role:
                          description: Name of the PKI role.
                          type: string
                          minLength: 1
                          maxLength: 512
                          x-kubernetes-validations:
                          - rule: self.matches('^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$')
                            message: >-
                              must be letters, digits, '_', '-' and '.', with a letter, a digit or '_' at both ends
                        operations:
                          description: What may be done with it.
                          type: array
                          x-kubernetes-list-type: set
                          minItems: 1
                          maxItems: 16
                          items:
                            description: Issue (key and certificate) or Sign (a certificate for a request).
                            type: string
                            maxLength: 64
                            x-kubernetes-validations:
                            - rule: self in ['Issue', 'Sign']
                              message: must be Issue or Sign
                  transit:
                    description: Access to keys of a transit engine.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 64
                    items:
                      description: Access to one key.
                      type: object
                      required: [key, operations]
                      properties:
                        mount:
                          description: Path at which the engine is mounted. By default the configured one.
                          type: string
                          minLength: 1
                          maxLength: 256
                          x-kubernetes-validations:
                          - rule: self.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$')
                            message: must be a mount path such as secret or team/secret, without slashes at its ends
                        key:
                          description: Name of the key.
                          type: string
                          minLength: 1
                          maxLength: 512
                          x-kubernetes-validations:
                          - rule: self.matches('^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$')
                            message: >-
                              must be letters, digits, '_', '-' and '.', with a letter, a digit or '_' at both ends
                        operations:
                          description: What may be done with it.
                          type: array
                          x-kubernetes-list-type: set
                          minItems: 1
                          maxItems: 16
                          items:
                            description: >-
                              Encrypt, Decrypt, Rewrap, Sign, Verify, HMAC, DataKey (plain and encrypted) or
                              WrappedDataKey (encrypted only).
                            type: string
                            maxLength: 64
                            x-kubernetes-validations:
                            - rule: >-
                                self in ['Encrypt', 'Decrypt', 'Rewrap', 'Sign', 'Verify', 'HMAC', 'DataKey',
                                'WrappedDataKey']
                              message: must be an operation of the engine, such as Encrypt, Decrypt, Sign or Verify
                  rules:
                    description: Rules for any path, for what the other parts cannot say.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 128
                    items:
                      description: One rule of the policy.
                      type: object
                      required: [path, capabilities]
                      properties:
                        path:
                          description: >-
                            API path without /v1/. The segment + stands for any one segment, a * at the end for any
                            rest.
                          type: string
                          minLength: 1
                          maxLength: 1024
                          x-kubernetes-validations:
                          - rule: self.matches('^[^*]*[*]?$')
                            message: must have a * only at its end
                          - rule: >-
                              !self.matches('(^|/)[.][.]?(/|$)|//')
                            message: must not have a segment that is empty, . or ..
                          - rule: >-
                              !self.matches('[^/][+]|[+][^/]')
                            message: must have + only as a whole segment
                          - rule: >-
                              !self.matches('[$][{]|[{][{]|[}][}]|[%"]')
                            message: must not contain templates, percent signs, or quotation marks
                          - rule: self.matches('^[A-Za-z0-9_]')
                            message: must start with the name of a mount other than sys, auth, identity and cubbyhole
                          - rule: >-
                              !self.matches('(?i)^(sys|auth|identity|cubbyhole)(/|[*]?$)')
                            message: must start with the name of a mount other than sys, auth, identity and cubbyhole
                        capabilities:
                          description: What may be done there, in Vault's words.
                          type: array
                          x-kubernetes-list-type: set
                          minItems: 1
                          maxItems: 16
                          items:
                            description: One capability, for example read, list, create, update, patch or delete.
                            type: string
                            maxLength: 64
                            x-kubernetes-validations:
                            - rule: >-
                                self in ['create', 'read', 'update', 'patch', 'delete', 'list', 'deny', 'scan',
                                'subscribe', 'recover']
                              message: must be a capability of Vault other than sudo, such as read, list or update
                        allowedParameters:
                          description: >-
                            Request parameters that are allowed, with their values; all others are refused, unless * is
                            one of them.
                          type: object
                          maxProperties: 64
                          additionalProperties:
                            description: Values of one parameter; an empty list stands for any value.
                            type: array
                            x-kubernetes-list-type: atomic
                            maxItems: 64
                            items:
                              description: One value; a '*' at its start or end stands for any text.
                              type: string
                              maxLength: 512
                        deniedParameters:
                          description: Request parameters that are refused, with their values.
                          type: object
                          maxProperties: 64
                          additionalProperties:
                            description: Values of one parameter; an empty list stands for any value.
                            type: array
                            x-kubernetes-list-type: atomic
                            maxItems: 64
                            items:
                              description: One value; a '*' at its start or end stands for any text.
                              type: string
                              maxLength: 512
                        requiredParameters:
                          description: Request parameters that must be given.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 64
                          items:
                            description: Name of a parameter.
                            type: string
                            minLength: 1
                            maxLength: 256
                        minWrappingTTL:
                          description: Shortest lifetime of a wrapped answer; wrapping becomes mandatory.
                          type: string
                          maxLength: 32
                          x-kubernetes-validations:
                          - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                            message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                        maxWrappingTTL:
                          description: Longest lifetime of a wrapped answer; wrapping becomes mandatory.
                          type: string
                          maxLength: 32
                          x-kubernetes-validations:
                          - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                            message: must be a duration of whole seconds greater than 0, such as 1h or 30m
              databaseRoles:
                description: Roles of database engines for which a login may read credentials.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 64
                x-kubernetes-validations:
                - rule: self.all(a, self.exists_one(b, b.name == a.name))
                  message: names must be unique
                items:
                  description: One role, dynamic or static.
                  type: object
                  required: [name]
                  x-kubernetes-validations:
                  - rule: has(self.static) || has(self.template) != has(self.statements)
                    message: exactly one of template and statements must be given, unless the role is static
                  - rule: >-
                      !has(self.static) || (!has(self.template) && !has(self.statements))
                    message: a static role has neither template nor statements
                  - rule: has(self.connection) || has(self.template)
                    message: connection must be given, unless a template names it
                  properties:
                    name:
                      description: Names the role within this binding.
                      type: string
                      minLength: 1
                      maxLength: 63
                      x-kubernetes-validations:
                      - rule: self.matches('^[a-z0-9]([a-z0-9_-]*[a-z0-9])?([.][a-z0-9]([a-z0-9_-]*[a-z0-9])?)*$')
                        message: >-
                          must be lower-case letters, digits, '_', '-' and '.', with a letter or digit at the ends of
                          each part
                    vaultName:
                      description: >-
                        Name of the role in Vault. By default the role name of the binding, an underscore, and the name.
                      type: string
                      minLength: 1
                      maxLength: 512
                      x-kubernetes-validations:
                      - rule: self.matches('^[a-zA-Z0-9]([a-zA-Z0-9_-]*[a-zA-Z0-9])?([.][a-zA-Z0-9]([a-zA-Z0-9_-]*[a-zA-Z0-9])?)*$')
                        message: >-
                          must be letters, digits, '_', '-' and '.', with a letter or digit at the ends of
                          each part
                    mount:
                      description: Path at which the engine is mounted. By default the configured one.
                      type: string
                      minLength: 1
                      maxLength: 256
                      x-kubernetes-validations:
                      - rule: self.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$')
                        message: must be a mount path such as secret or team/secret, without slashes at its ends
                    connection:
                      description: Name of the engine's connection to the database.
                      type: string
                      minLength: 1
                      maxLength: 512
                      x-kubernetes-validations:
                      - rule: self.matches('^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$')
                        message: must be letters, digits, '_', '-' and '.', with a letter, a digit or '_' at both ends
                    template:
                      description: Name of the DatabaseRoleTemplate that has the statements. Either this or statements.
                      type: string
                      minLength: 1
                      maxLength: 253
                    statements:
                      description: The SQL that Vault runs for each credential. Either this or template.
                      type: object
                      x-kubernetes-validations:
                      - rule: has(self.creation) && size(self.creation) > 0
                        message: creation must have at least one statement
                      properties:
                        creation:
                          description: >-
                            Statements that make a database user, in order, with Vault's placeholders such as {{name}}
                            and {{password}}.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 32
                          items:
                            description: One SQL statement.
                            type: string
                            maxLength: 65536
                        revocation:
                          description: Statements that remove it, in order. By default what the database plugin does.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 32
                          items:
                            description: One SQL statement.
                            type: string
                            maxLength: 65536
                        renew:
                          description: Statements that renew it, in order. By default what the database plugin does.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 32
                          items:
                            description: One SQL statement.
                            type: string
                            maxLength: 65536
                        rollback:
                          description: Statements that undo a creation that failed, in order.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 32
                          items:
                            description: One SQL statement.
                            type: string
                            maxLength: 65536
                    defaultTTL:
                      description: Lifetime of a credential until it must be renewed. By default the mount's.
                      type: string
                      maxLength: 32
                      x-kubernetes-validations:
                      - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                        message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                    maxTTL:
                      description: Lifetime beyond which a credential cannot be renewed. By default the mount's.
                      type: string
                      maxLength: 32
                      x-kubernetes-validations:
                      - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                        message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                    credentialType:
                      description: >-
                        Type of the credentials, password, rsa_private_key or client_certificate. password by default.
                      type: string
                      maxLength: 64
                      x-kubernetes-validations:
                      - rule: self in ['password', 'rsa_private_key', 'client_certificate']
                        message: must be password, rsa_private_key or client_certificate
                    credentialConfig:
                      description: Settings of the credential type, by Vault's names.
                      type: object
                      maxProperties: 16
                      additionalProperties:
                        description: Value of the setting.
                        type: string
                        maxLength: 65536
                    static:
                      description: Makes this a static role, one existing database user whose password Vault rotates.
                      type: object
                      required: [username]
                      properties:
                        username:
                          description: Name of the database user.
                          type: string
                          minLength: 1
                          maxLength: 256
                        rotationPeriod:
                          description: How often the password is rotated.
                          type: string
                          maxLength: 32
                          x-kubernetes-validations:
                          - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                            message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                        rotationStatements:
                          description: Statements that rotate it, in order. By default what the database plugin does.
                          type: array
                          x-kubernetes-list-type: atomic
                          maxItems: 32
                          items:
                            description: One SQL statement.
                            type: string
                            maxLength: 65536
                    deletionPolicy:
                      description: >-
                        What happens to the role when this object is deleted, or the role is taken out of it: Delete
                        removes it, Orphan leaves it behind. By default the binding's policy.
                      type: string
                      enum: [Delete, Orphan]
                    recreatePolicy:
                      description: >-
                        What happens where Vault cannot change the role in place, for example the user of a static role.
                        Report only says so, Recreate deletes the role and makes it anew, which may end its leases.
                        Report by default.
                      type: string
                      enum: [Report, Recreate]
              driftPolicy:
                description: >-
                  What happens when somebody changed in Vault what this binding made. Correct puts it back, Report only
                  says so. Correct by default.
                type: string
                enum: [Correct, Report]
              deletionPolicy:
                description: >-
                  What happens to what this binding made when it is deleted. Delete removes it, Orphan leaves it behind.
                  Delete by default.
                type: string
                enum: [Delete, Orphan]
              revokeLeasesOnDelete:
                description: >-
                  Whether the credentials that a dynamic database role gave out are revoked before the role is deleted.
                  The operator needs sudo on the path for that. False by default, then they live on to their end.
                type: boolean
          status:
            description: What is true of the binding. Written by the operator alone and never read by it.
            type: object
            # To kstatus an object without a status is as it should be; with this it is one that nobody has looked at yet.
            default: {observedGeneration: -1}
            properties:
              observedGeneration:
                description: The metadata.generation that this status is about; -1 before the first look.
                type: integer
                format: int64
                minimum: -1
              serviceAccounts:
                description: ServiceAccounts of this namespace that may log in.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 64
                items:
                  description: Name of a ServiceAccount.
                  type: string
                  maxLength: 253
              spiffeID:
                description: The SPIFFE ID that may log in.
                type: string
                maxLength: 2048
              vault:
                description: What was made in Vault, by API path.
                type: object
                # Or a server-side apply that takes it away leaves null behind, which the schema refuses.
                x-kubernetes-map-type: atomic
                properties:
                  roleName:
                    description: Name of the auth roles, which a login asks for.
                    type: string
                    maxLength: 512
                  policy:
                    description: Path of the policy.
                    type: string
                    maxLength: 2048
                  kubernetesRole:
                    description: Path of the role at the Kubernetes auth method.
                    type: string
                    maxLength: 2048
                  jwtRole:
                    description: Path of the role at the JWT auth method.
                    type: string
                    maxLength: 2048
                  databaseRoles:
                    description: Paths of the database roles.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 64
                    items:
                      description: Path of a database role.
                      type: string
                      maxLength: 2048
                  databaseRoleCount:
                    description: How many database roles there are.
                    type: integer
                    format: int64
              databaseRoleTemplates:
                description: The templates that the database roles were made from.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 64
                items:
                  description: A template as it was when it was used.
                  type: object
                  required: [name, uid, generation]
                  properties:
                    name:
                      description: Name of the DatabaseRoleTemplate.
                      type: string
                      maxLength: 253
                    uid:
                      description: Its metadata.uid.
                      type: string
                      maxLength: 64
                    generation:
                      description: Its metadata.generation.
                      type: integer
                      format: int64
                      minimum: 0
              conditions:
                description: What holds and what does not, one entry per type; docs/conditions.md explains all.
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [type]
                maxItems: 16
                items:
                  description: One observation.
                  type: object
                  required: [type, status, reason, message, lastTransitionTime]
                  properties:
                    type:
                      description: What is observed, for example Ready.
                      type: string
                      minLength: 1
                      maxLength: 316
                    status:
                      description: Whether it holds.
                      type: string
                      enum: ["True", "False", Unknown]
                    reason:
                      description: Why, as one word for programs; docs/conditions.md lists all.
                      type: string
                      minLength: 1
                      maxLength: 1024
                    message:
                      description: Why, as a sentence for people; it names the object and the field.
                      type: string
                      maxLength: 32768
                    observedGeneration:
                      description: The metadata.generation that was looked at.
                      type: integer
                      format: int64
                      minimum: 0
                    lastTransitionTime:
                      description: When status last changed.
                      type: string
                      format: date-time

"""#,
        "workloadidentities.lanyard.dev": #"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: workloadidentities.lanyard.dev
spec:
  group: lanyard.dev
  scope: Namespaced
  names:
    kind: WorkloadIdentity
    listKind: WorkloadIdentityList
    plural: workloadidentities
    singular: workloadidentity
    shortNames: [wid]
    categories: [lanyard]
  versions:
  - name: v1alpha1
    served: true
    storage: true
    subresources:
      status: {}
    additionalPrinterColumns:
    - {name: SPIFFE ID, type: string, jsonPath: .status.spiffeID}
    - {name: Placement, type: string, priority: 1, jsonPath: .status.placement}
    - {name: Entries, type: integer, jsonPath: .status.entryCount}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    - {name: Reason, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].reason'}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        description: A SPIFFE identity for the pods of one ServiceAccount, kept in SPIRE as registration entries.
        type: object
        required: [spec]
        properties:
          spec:
            description: >-
              What the identity is to be. Fields that are absent get the controller's defaults, which are never written
              here.
            type: object
            properties:
              serviceAccountName:
                description: >-
                  The ServiceAccount, in this namespace, whose pods get the identity. By default the name of this
                  object.
                type: string
                minLength: 1
                maxLength: 253
                x-kubernetes-validations:
                - rule: self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$')
                  message: must be the literal name of one ServiceAccount, without wildcards
              spiffeID:
                description: >-
                  The path of the SPIFFE ID, or the whole ID if it is in the configured trust domain. It may contain
                  placeholders such as {namespace} and {serviceAccount}. By default the path that the operator is
                  configured with, normally /ns/{namespace}/sa/{serviceAccount}.
                type: string
                minLength: 1
                maxLength: 2048
                x-kubernetes-validations:
                - rule: self.startsWith('/') || self.startsWith('spiffe://')
                  message: must be a path that starts with / or a whole ID that starts with spiffe://
                - rule: >-
                    !self.matches('(^|/)[.][.]?(/|$)') && !self.matches('[^:/]//|^//|/$')
                  message: must not have a path segment that is empty, . or ..
              podSelector:
                description: Narrows the identity to some of the ServiceAccount's pods.
                type: object
                properties:
                  matchLabels:
                    description: Labels that a pod must all have.
                    type: object
                    maxProperties: 64
                    additionalProperties:
                      description: Value of the label.
                      type: string
                      maxLength: 63
              containerName:
                description: Narrows the identity to the container of this name.
                type: string
                minLength: 1
                maxLength: 63
                x-kubernetes-validations:
                - rule: self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')
                  message: must be the name of a container
              selectors:
                description: >-
                  Further SPIRE workload selectors; a workload must match all of them. Namespace and ServiceAccount are
                  always selected and cannot be given here.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 64
                items:
                  description: One selector, written type:value, for example k8s:pod-label:app:web.
                  type: string
                  maxLength: 1024
                  x-kubernetes-validations:
                  - rule: self.matches('^[^:]+:.')
                    message: must be written type:value
                  - rule: >-
                      !self.matches('^k8s:(ns|sa)(:|$)')
                    message: must not be k8s:ns or k8s:sa, which Lanyard sets itself
              placement:
                description: >-
                  Where the entries are parented. Cluster is one entry for all nodes, Node one for each node that runs a
                  matching pod, Pod one for each pod. Cluster by default.
                type: string
                enum: [Cluster, Node, Pod]
              x509SVID:
                description: Settings of X.509-SVIDs.
                type: object
                properties:
                  ttl:
                    description: Lifetime of an SVID, for example 1h. By default the SPIRE server's.
                    type: string
                    maxLength: 32
                    x-kubernetes-validations:
                    - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                      message: must be a duration of whole seconds greater than 0, such as 1h or 30m
                  dnsNames:
                    description: >-
                      DNS names of the certificate, which may contain placeholders. The SPIRE server makes one of them its
                      common name; it does not keep their order.
                    type: array
                    x-kubernetes-list-type: atomic
                    maxItems: 100
                    items:
                      description: One DNS name.
                      type: string
                      minLength: 1
                      maxLength: 2048
                  prefetch:
                    description: Whether agents fetch the SVID before a workload asks for it. True by default.
                    type: boolean
              jwtSVID:
                description: Settings of JWT-SVIDs.
                type: object
                properties:
                  ttl:
                    description: Lifetime of an SVID, for example 5m. By default the SPIRE server's.
                    type: string
                    maxLength: 32
                    x-kubernetes-validations:
                    - rule: self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')
                      message: must be a duration of whole seconds greater than 0, such as 1h or 30m
              federatesWith:
                description: Trust domains whose bundles the workload receives besides its own.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 64
                items:
                  description: Name of a trust domain, without scheme.
                  type: string
                  maxLength: 255
                  x-kubernetes-validations:
                  - rule: self.matches('^[a-z0-9._-]+$')
                    message: must be the name of a trust domain (a-z 0-9 - . _), without scheme
              admin:
                description: >-
                  Whether the workload may call the SPIRE server's administrative API. False by default; needs a
                  boundary that allows it.
                type: boolean
              downstream:
                description: >-
                  Whether the workload is a SPIRE server that gets an intermediate CA. False by default; needs a
                  boundary that allows it.
                type: boolean
              storeSVID:
                description: >-
                  Whether the agent stores the SVID through its SVIDStore plugin instead of handing it out. False by
                  default; needs a boundary that allows it.
                type: boolean
              hint:
                description: A word by which a workload that has several identities tells them apart.
                type: string
                maxLength: 1024
              driftPolicy:
                description: >-
                  What happens when somebody changed the entries by hand. Correct puts them back, Report only says so.
                  Correct by default.
                type: string
                enum: [Correct, Report]
              deletionPolicy:
                description: >-
                  What happens to the entries when this object is deleted. Delete removes them, Orphan leaves them
                  behind. Delete by default.
                type: string
                enum: [Delete, Orphan]
          status:
            description: What is true of the identity. Written by the operator alone and never read by it.
            type: object
            # To kstatus an object without a status is as it should be; with this it is one that nobody has looked at yet.
            default: {observedGeneration: -1}
            properties:
              observedGeneration:
                description: The metadata.generation that this status is about; -1 before the first look.
                type: integer
                format: int64
                minimum: -1
              spiffeID:
                description: The SPIFFE ID that workloads get.
                type: string
                maxLength: 2048
              parentID:
                description: The SPIFFE ID under which the entry is parented, if all entries have one parent.
                type: string
                maxLength: 2048
              placement:
                description: Where the entries are parented, also where the spec does not say it.
                type: string
                enum: [Cluster, Node, Pod]
              entryCount:
                description: How many registration entries there are.
                type: integer
                format: int64
                minimum: 0
              entries:
                description: The registration entries, at most 20 of them.
                type: array
                x-kubernetes-list-type: atomic
                maxItems: 20
                items:
                  description: One registration entry.
                  type: object
                  required: [id, parentID]
                  properties:
                    id:
                      description: Its ID in SPIRE.
                      type: string
                      maxLength: 255
                    parentID:
                      description: The SPIFFE ID under which it is parented.
                      type: string
                      maxLength: 2048
                    node:
                      description: The node that it is for.
                      type: string
                      maxLength: 253
                    pod:
                      description: The pod that it is for.
                      type: string
                      maxLength: 253
              conditions:
                description: What holds and what does not, one entry per type; docs/conditions.md explains all.
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [type]
                maxItems: 16
                items:
                  description: One observation.
                  type: object
                  required: [type, status, reason, message, lastTransitionTime]
                  properties:
                    type:
                      description: What is observed, for example Ready.
                      type: string
                      minLength: 1
                      maxLength: 316
                    status:
                      description: Whether it holds.
                      type: string
                      enum: ["True", "False", Unknown]
                    reason:
                      description: Why, as one word for programs; docs/conditions.md lists all.
                      type: string
                      minLength: 1
                      maxLength: 1024
                    message:
                      description: Why, as a sentence for people; it names the object and the field.
                      type: string
                      maxLength: 32768
                    observedGeneration:
                      description: The metadata.generation that was looked at.
                      type: integer
                      format: int64
                      minimum: 0
                    lastTransitionTime:
                      description: When status last changed.
                      type: string
                      format: date-time

"""#,
    ]
}
