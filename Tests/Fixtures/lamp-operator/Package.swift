// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A second operator on Lanyard's runtime, as a package of its own: it sees only what is public.
let package = Package(
    name: "lamp-operator",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "LampOperator", targets: ["LampOperator"])],
    dependencies: [
        .package(name: "lanyard", path: "../../.."),
        .package(url: "https://github.com/apple/swift-log", .upToNextMinor(from: "1.16.2")),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", .upToNextMinor(from: "2.13.0")),
    ],
    targets: [
        .executableTarget(
            name: "LampOperator",
            dependencies: [
                .product(name: "ControllerRuntime", package: "lanyard"),
                .product(name: "KubernetesClient", package: "lanyard"),
                .product(name: "KubernetesModel", package: "lanyard"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "LampOperatorTests",
            dependencies: [
                "LampOperator",
                .product(name: "KubernetesClient", package: "lanyard"),
                .product(name: "KubernetesModel", package: "lanyard"),
                .product(name: "KubernetesTesting", package: "lanyard"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
    ]
)
