// swift-tools-version: 6.2

import PackageDescription

/// Settings of every target: Swift 6 language mode, warnings are errors, explicit existentials and imports.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grpcCore = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let grpcTransport = Target.Dependency.product(
    name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let grpcProtobuf = Target.Dependency.product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let swiftASN1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let swiftProtobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "lanyard",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "lanyard", targets: ["lanyard"]),
        .executable(name: "lanyard-bench", targets: ["lanyard-bench"]),
        .executable(name: "spire-emulator", targets: ["spire-emulator"]),
        // What another operator is built on (docs/runtime.md), and tested with. Tests/Fixtures/lamp-operator is one.
        .library(name: "KubernetesModel", targets: ["KubernetesModel"]),
        .library(name: "KubernetesClient", targets: ["KubernetesClient"]),
        .library(name: "ControllerRuntime", targets: ["ControllerRuntime"]),
        .library(name: "KubernetesTesting", targets: ["KubernetesTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
        .package(url: "https://github.com/apple/swift-asn1", .upToNextMinor(from: "1.7.4")),
        .package(url: "https://github.com/apple/swift-certificates", .upToNextMinor(from: "1.21.1")),
        .package(url: "https://github.com/apple/swift-collections", .upToNextMinor(from: "1.6.0")),
        .package(
            url: "https://github.com/apple/swift-configuration", .upToNextMinor(from: "1.4.0"),
            traits: ["JSON", "YAML", "CommandLineArguments"]),
        .package(url: "https://github.com/apple/swift-crypto", .upToNextMinor(from: "4.5.2")),
        .package(url: "https://github.com/apple/swift-log", .upToNextMinor(from: "1.16.2")),
        .package(url: "https://github.com/apple/swift-metrics", .upToNextMinor(from: "2.13.0")),
        .package(url: "https://github.com/apple/swift-nio", .upToNextMinor(from: "2.101.2")),
        .package(url: "https://github.com/apple/swift-nio-http2", .upToNextMinor(from: "1.46.0")),
        .package(url: "https://github.com/apple/swift-nio-ssl", .upToNextMinor(from: "2.37.6")),
        .package(url: "https://github.com/apple/swift-protobuf", .upToNextMinor(from: "1.39.0")),
        .package(url: "https://github.com/apple/swift-system", .upToNextMinor(from: "1.8.1")),
        .package(url: "https://github.com/grpc/grpc-swift-2", .upToNextMinor(from: "2.4.3")),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", .upToNextMinor(from: "2.9.2")),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", .upToNextMinor(from: "2.4.1")),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", .upToNextMinor(from: "2.28.1"), traits: []),
        .package(url: "https://github.com/jpsim/Yams", .upToNextMinor(from: "6.2.2")),
        .package(url: "https://github.com/swift-server/async-http-client", .upToNextMinor(from: "1.37.0")),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", .upToNextMinor(from: "2.13.0")),
        .package(url: "https://github.com/swiftlang/swift-subprocess", .upToNextMinor(from: "1.0.2"), traits: []),
    ],
    targets: [
        // MARK: L0

        // API machinery values that any operator needs: metadata, keys, conditions, patches, and the injected environment.
        .target(name: "KubernetesModel", path: "Sources/Runtime/KubernetesModel", swiftSettings: settings),
        .testTarget(
            name: "KubernetesModelTests", dependencies: ["KubernetesModel", "KubernetesTesting"],
            path: "Tests/Runtime/KubernetesModelTests",
            swiftSettings: settings),

        // MARK: L1

        // Talks to one API server: configuration, credentials, transport, typed verbs, the raw watch.
        .target(
            name: "KubernetesClient",
            dependencies: [
                "KubernetesModel", asyncHTTPClient, logging, metrics, nioCore, yams,
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Sources/Runtime/KubernetesClient",
            swiftSettings: settings),
        .testTarget(
            name: "KubernetesClientTests",
            dependencies: [
                "KubernetesClient", "KubernetesModel", "KubernetesTesting", "PrometheusExposition", logging, metrics,
                nioCore,
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Tests/Runtime/KubernetesClientTests",
            swiftSettings: settings),

        // The resource kinds of lanyard.dev as Swift values, and the domain values that they are made of.
        .target(
            name: "LanyardAPI", dependencies: ["KubernetesModel"], path: "Sources/Lanyard/LanyardAPI",
            swiftSettings: settings),
        .testTarget(
            name: "LanyardAPITests", dependencies: ["KubernetesModel", "LanyardAPI", "TestSupport", yams],
            path: "Tests/Lanyard/LanyardAPITests",
            swiftSettings: settings),

        // swift-metrics back end that renders the Prometheus text format.
        .target(
            name: "PrometheusExposition",
            dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
            path: "Sources/Runtime/PrometheusExposition",
            swiftSettings: settings),
        .testTarget(
            name: "PrometheusExpositionTests", dependencies: ["PrometheusExposition", metrics],
            path: "Tests/Runtime/PrometheusExpositionTests",
            swiftSettings: settings),

        // MARK: L2

        // Pure planning: desired state, validation, comparison, ownership, policy text, conditions. No async, no I/O.
        .target(
            name: "LanyardCore", dependencies: ["KubernetesModel", "LanyardAPI", crypto],
            path: "Sources/Lanyard/LanyardCore", swiftSettings: settings),
        .testTarget(
            name: "LanyardCoreTests", dependencies: ["KubernetesModel", "LanyardAPI", "LanyardCore", "TestSupport"],
            path: "Tests/Lanyard/LanyardCoreTests",
            swiftSettings: settings),

        // The controller runtime that Swift lacks: watch, store, work queue, controller, events, leadership fence.
        .target(
            name: "ControllerRuntime",
            dependencies: [
                "KubernetesClient", "KubernetesModel", logging, metrics, serviceLifecycle,
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            path: "Sources/Runtime/ControllerRuntime",
            swiftSettings: settings),
        .testTarget(
            name: "ControllerRuntimeTests",
            dependencies: [
                "ControllerRuntime", "KubernetesClient", "KubernetesModel", "KubernetesTesting", "LampOperator",
                "TestSupport", logging, metrics, .product(name: "CoreMetrics", package: "swift-metrics"),
                serviceLifecycle,
            ],
            path: "Tests/Runtime/ControllerRuntimeTests",
            swiftSettings: settings),

        // Registration entries, agents and bundle of a SPIRE server, behind the `EntryRegistry` port.
        .target(
            name: "SPIREClient",
            dependencies: [
                "KubernetesModel", "LanyardAPI", grpcCore, grpcProtobuf, grpcTransport, logging, metrics, nioCore,
                nioSSL, swiftASN1, swiftProtobuf, x509,
            ],
            path: "Sources/Systems/SPIREClient",
            exclude: ["Protos"],
            swiftSettings: settings),
        .testTarget(
            name: "SPIREClientTests",
            dependencies: [
                "KubernetesModel", "LanyardAPI", "PrometheusExposition", "SPIREClient", "SPIREEmulator", "TestSupport",
                crypto, grpcCore, logging, swiftASN1, x509,
            ],
            path: "Tests/Systems/SPIREClientTests",
            swiftSettings: settings),

        // One logged-in connection to Vault or OpenBao, behind the `VaultAPI` port.
        .target(
            name: "VaultClient",
            dependencies: [
                "KubernetesModel", asyncHTTPClient, logging, metrics, nioCore, serviceLifecycle,
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Sources/Systems/VaultClient",
            swiftSettings: settings),
        .testTarget(
            name: "VaultClientTests",
            dependencies: [
                "KubernetesModel", "KubernetesTesting", "PrometheusExposition", "TestSupport", "VaultClient", metrics,
                nioCore, .product(name: "Hummingbird", package: "hummingbird"), logging, serviceLifecycle,
            ],
            path: "Tests/Systems/VaultClientTests",
            swiftSettings: settings),

        // MARK: L3

        // One folder per controller: gather facts, plan, apply.
        .target(
            name: "LanyardControllers",
            dependencies: [
                "ControllerRuntime", "KubernetesClient", "KubernetesModel", "LanyardAPI", "LanyardCore",
                "SPIREClient", "VaultClient", crypto, logging, metrics, serviceLifecycle,
            ],
            path: "Sources/Lanyard/LanyardControllers",
            swiftSettings: settings),
        .testTarget(
            name: "LanyardControllersTests",
            dependencies: [
                "ControllerRuntime", "KubernetesClient", "KubernetesModel", "KubernetesTesting", "LanyardAPI",
                "LanyardControllers", "LanyardCore", "PrometheusExposition", "SPIREClient", "SPIREEmulator",
                "TestSupport", "VaultClient", "VaultTesting", logging, metrics,
            ],
            path: "Tests/Lanyard/LanyardControllersTests",
            swiftSettings: settings),

        // MARK: L4

        // All that runs in the operator's process: configuration, wiring, the kinds, health, metrics, election.
        .target(
            name: "LanyardOperator",
            dependencies: [
                "ControllerRuntime", "KubernetesClient", "KubernetesModel", "LanyardAPI", "LanyardControllers",
                "LanyardCore", "PrometheusExposition", "SPIREClient", "VaultClient", logging, metrics,
                nioCore, serviceLifecycle, yams,
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Lanyard/LanyardOperator",
            swiftSettings: settings),
        .testTarget(
            name: "LanyardOperatorTests",
            dependencies: [
                "ControllerRuntime", "KubernetesClient", "KubernetesModel", "KubernetesTesting", "LanyardAPI",
                "LanyardControllers", "LanyardCore", "LanyardOperator", "PrometheusExposition", "SPIREClient",
                "SPIREEmulator", "TestSupport", "VaultClient", "VaultTesting", asyncHTTPClient, logging, metrics,
                nioCore, serviceLifecycle,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/Lanyard/LanyardOperatorTests",
            swiftSettings: settings),

        // MARK: L5

        // The command `lanyard` with its subcommands: flags, files that are read, reports, exit codes.
        .target(
            name: "LanyardCommands",
            dependencies: [
                "ControllerRuntime", "KubernetesClient", "KubernetesModel", "LanyardAPI", "LanyardCore",
                "LanyardOperator", "SPIREClient", "VaultClient", logging, yams,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Lanyard/LanyardCommands",
            swiftSettings: settings),
        .testTarget(
            name: "LanyardCommandsTests",
            dependencies: [
                "ControllerRuntime", "KubernetesClient", "KubernetesModel", "KubernetesTesting", "LanyardAPI",
                "LanyardCommands", "LanyardCore", "LanyardOperator", "TestSupport", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Lanyard/LanyardCommandsTests",
            swiftSettings: settings),

        // MARK: L6

        // The process, which only calls the command.
        .executableTarget(
            name: "lanyard",
            dependencies: [
                "LanyardCommands", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Lanyard/lanyard",
            swiftSettings: settings,
            // Nothing looks symbols up by their names in what ships; and addresses that are all relative to one are noted in a
            // hundredth of the room (glibc 2.36).
            linkerSettings: [
                .unsafeFlags(
                    [
                        "-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-z", "-Xlinker",
                        "pack-relative-relocs",
                    ], .when(platforms: [.linux], configuration: .release))
            ]),

        // What each object costs the operator's own processor and memory, without servers.
        .executableTarget(
            name: "lanyard-bench",
            dependencies: [
                "ControllerRuntime", "KubernetesClient", "KubernetesModel", "LanyardAPI", "LanyardControllers",
                "LanyardCore", "PrometheusExposition", "SPIREClient", "VaultClient", logging, metrics, serviceLifecycle,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Sources/Tools/lanyard-bench",
            swiftSettings: settings),

        // MARK: Test support

        // What tests of several modules share: waiting for a condition, random numbers from a seed, files of the checkout.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),

        // An API server in memory, a scripted HTTP server and a fault proxy, for tests of clients and controllers.
        .target(
            name: "KubernetesTesting",
            dependencies: [
                "KubernetesClient", "KubernetesModel", crypto, nioCore,
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Sources/Testing/KubernetesTesting",
            swiftSettings: settings),
        .testTarget(
            name: "KubernetesTestingTests",
            dependencies: [
                "KubernetesModel", "KubernetesTesting", asyncHTTPClient, nioCore,
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Tests/Testing/KubernetesTestingTests",
            swiftSettings: settings),

        // A Vault in memory, with OpenBao's semantics, for tests and simulations of controllers.
        .target(
            name: "VaultTesting", dependencies: ["KubernetesModel", "VaultClient"],
            path: "Sources/Testing/VaultTesting", swiftSettings: settings),
        .testTarget(
            name: "VaultTestingTests",
            dependencies: ["KubernetesModel", "LanyardCore", "TestSupport", "VaultClient", "VaultTesting", logging],
            path: "Tests/Testing/VaultTestingTests",
            swiftSettings: settings),

        // A SPIRE server for tests: Entry, Agent, Bundle and health services with the real server's semantics.
        .target(
            name: "SPIREEmulator",
            dependencies: [
                "KubernetesModel", "LanyardAPI", "SPIREClient", crypto, grpcCore, grpcProtobuf, grpcTransport, nioCore,
                nioSSL, swiftASN1, swiftProtobuf, x509,
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/Testing/SPIREEmulator",
            exclude: ["Protos"],
            swiftSettings: settings),
        .testTarget(
            name: "SPIREEmulatorTests",
            dependencies: [
                "LanyardAPI", "SPIREClient", "SPIREEmulator", "TestSupport", grpcCore, grpcTransport, swiftASN1,
                swiftProtobuf, x509,
            ],
            path: "Tests/Testing/SPIREEmulatorTests",
            swiftSettings: settings),

        // The emulator as a process of its own.
        .executableTarget(
            name: "spire-emulator",
            dependencies: [
                "LanyardAPI", "SPIREClient", "SPIREEmulator", grpcCore, grpcTransport, logging, serviceLifecycle,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Tools/spire-emulator",
            swiftSettings: settings),

        // The example of docs/runtime.md: in a package of its own, whose process is left out here.
        .target(
            name: "LampOperator",
            dependencies: ["ControllerRuntime", "KubernetesClient", "KubernetesModel", logging, serviceLifecycle],
            path: "Tests/Fixtures/lamp-operator/Sources/LampOperator",
            exclude: ["Main.swift"],
            swiftSettings: settings),
        .testTarget(
            name: "LampOperatorTests",
            dependencies: [
                "KubernetesClient", "KubernetesModel", "KubernetesTesting", "LampOperator", logging, serviceLifecycle,
            ],
            path: "Tests/Fixtures/lamp-operator/Tests/LampOperatorTests",
            swiftSettings: settings),

        // The whole operator against real servers.
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "ControllerRuntime", "KubernetesClient", "KubernetesModel", "KubernetesTesting", "LanyardAPI",
                "LanyardCommands", "LanyardControllers", "LanyardCore", "PrometheusExposition", "SPIREClient",
                asyncHTTPClient, logging, metrics, nioCore, serviceLifecycle,
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: settings),
    ]
)

// LANYARD_TARGETS=A,B: only these targets and what they need, for builds that would take too long as a whole.
if let names = Context.environment["LANYARD_TARGETS"] {
    var missing = names.split(separator: ",").map(String.init)
    var needed: Set<String> = []
    while let name = missing.popLast() {
        guard let target = package.targets.first(where: { $0.name == name && !needed.contains(name) }) else { continue }
        needed.insert(name)
        for case .byNameItem(let dependency, _) in target.dependencies { missing.append(dependency) }
    }
    package.targets.removeAll { !needed.contains($0.name) }
    package.products.removeAll { !needed.contains($0.name) }
}

// LANYARD_RELEASE_TESTS=FOLDER: tests that belong to a release build with `--static-swift-stdlib`. They see what is internal
// to the targets that they test; all others are built with the flags of what ships, and so only once. FOLDER has what
// the static standard library lacks for tests (hack/lib/release-tests.sh). The tests themselves are not optimised: the compiler
// crashes when it splits some of their functions.
// LANYARD_UNOPTIMISED=yes besides: nor is anything else of this package, as in a debug build, which has to compile the others' again.
if let folder = Context.environment["LANYARD_RELEASE_TESTS"] {
    let isUnoptimised = Context.environment["LANYARD_UNOPTIMISED"] != nil
    let testable = [
        "ControllerRuntime", "KubernetesClient", "LampOperator", "LanyardControllers", "SPIREClient", "VaultClient",
    ]
    for target in package.targets {
        if target.type == .test {
            target.swiftSettings = settings + [.unsafeFlags(["-Onone", "-I\(folder)/modules"])]
            target.linkerSettings = [.unsafeFlags(["-L\(folder)/libraries", "-L\(folder)/shared"])]
        } else if isUnoptimised {
            target.swiftSettings = settings + [.unsafeFlags(["-Onone", "-enable-testing"])]
        } else if testable.contains(target.name) {
            target.swiftSettings = settings + [.unsafeFlags(["-enable-testing"])]
        }
    }
}
