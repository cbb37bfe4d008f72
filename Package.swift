// swift-tools-version: 6.0
import PackageDescription

// Layers, bottom up; Tests/TidyTests holds every import to this order (ARCHITECTURE.md, "Layers").
let hot: [SwiftSetting] = [
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))
]

let package = Package(
    name: "staleline",
    products: [
        .executable(name: "staleline", targets: ["staleline"]),
        .library(
            name: "StalelineKit",
            targets: [
                "Quantities", "Operations", "Events", "MemoryModel", "Machines", "Traces",
                "Symbols", "DMAMapping",
                "Statistics", "Hazards", "Experiments", "Reports",
            ]),
        // Apart, since it needs SQLite.
        .library(name: "StalelineResults", targets: ["Results"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Layer 0: words.
        .target(name: "Quantities", swiftSettings: hot),
        .target(name: "Operations", dependencies: ["Quantities"], swiftSettings: hot),
        .target(name: "Events", dependencies: ["Quantities"], swiftSettings: hot),
        // Layer 1: the model.
        .target(
            name: "MemoryModel", dependencies: ["Quantities", "Operations", "Events"],
            swiftSettings: hot),
        // Not a layer: a second model to differ from. Tests use it, and long runs of them.
        .target(
            name: "ReferenceModel",
            dependencies: ["Quantities", "Operations", "Events", "MemoryModel"]),
        // Layer 2: what produces operations, and what folds events.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CElfutils", pkgConfig: "libdw", providers: [.apt(["libdw-dev", "libelf-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CLzma", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
        .systemLibrary(name: "CLz4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .target(
            name: "Machines",
            dependencies: [
                "Quantities", "Operations", "MemoryModel", .product(name: "Yams", package: "Yams"),
            ]),
        .target(
            name: "Traces",
            dependencies: ["Quantities", "Operations", "CZlib", "CZstd", "CLzma", "CLz4"],
            swiftSettings: hot),
        .target(
            name: "Symbols", dependencies: ["Quantities", "Operations", "Traces", "CElfutils"]),
        .target(name: "DMAMapping", dependencies: ["Quantities", "Operations"]),
        .target(name: "Statistics", dependencies: ["Quantities", "Events"], swiftSettings: hot),
        .target(name: "Hazards", dependencies: ["Quantities", "Operations", "Events"]),
        // Layer 3: experiments and their reports.
        .target(
            name: "Experiments",
            dependencies: [
                "Quantities", "Operations", "Events", "MemoryModel", "Traces",
                "DMAMapping",
                "Statistics", "Hazards",
            ],
            swiftSettings: hot),
        .target(
            name: "Reports",
            dependencies: [
                "Quantities", "Operations", "Events", "MemoryModel", "Machines", "Statistics",
                "Hazards",
                "Experiments",
            ]),
        .target(
            name: "Results",
            dependencies: [
                "Quantities", "Experiments", .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        // Layer 4: the command line.
        .executableTarget(
            name: "staleline",
            dependencies: [
                "Quantities", "Operations", "MemoryModel", "Machines", "Traces", "Symbols",
                "DMAMapping", "Hazards",
                "Experiments", "Reports", "Results",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // Tests.
        .testTarget(
            name: "DMAMappingTests", dependencies: ["DMAMapping", "Operations", "Quantities"]),
        .testTarget(
            name: "MachinesTests", dependencies: ["Machines", "MemoryModel", "Quantities"]),
        .testTarget(
            name: "TracesTests",
            dependencies: [
                "Traces", "Operations", "Quantities", "CZlib", "CZstd", "CLzma", "CLz4",
            ],
            exclude: ["Data"]),
        .testTarget(
            name: "SymbolsTests",
            dependencies: [
                "Symbols", "Traces", "Operations", "Experiments", "Hazards", "Machines", "Reports",
                "Quantities", "Statistics",
            ],
            exclude: ["Data"]),
        .testTarget(
            name: "MemoryModelTests",
            dependencies: [
                "MemoryModel", "Machines", "Statistics", "Experiments", "Operations", "Events",
                "Quantities", "Hazards", "Traces",
            ]),
        .testTarget(
            name: "HazardsTests",
            dependencies: [
                "Hazards", "Experiments", "Machines", "Traces", "Operations", "Events",
                "Quantities",
            ]),
        .testTarget(
            name: "ReportsTests",
            dependencies: [
                "Reports", "Experiments", "Hazards", "Machines", "MemoryModel", "Traces",
                "DMAMapping", "Operations", "Quantities", "Statistics", "Events",
            ]),
        .testTarget(
            name: "LitmusTests",
            dependencies: [
                "Experiments", "DMAMapping", "Hazards", "Machines", "MemoryModel", "Traces",
                "Reports", "Operations",
            ]),
        .testTarget(
            name: "ProofTests",
            dependencies: [
                "Experiments", "Hazards", "Machines", "MemoryModel", "Statistics", "Traces",
                "Operations", "Quantities",
            ]),
        .testTarget(
            name: "DifferentialTests",
            dependencies: [
                "Experiments", "MemoryModel", "ReferenceModel", "Traces", "Events", "Operations",
                "Quantities",
            ]),
        .testTarget(
            name: "SweepTests",
            dependencies: [
                "Results", "Reports", "Experiments", "Machines", "MemoryModel", "Traces",
                "Operations", "Quantities", "staleline",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Data"]),
        .testTarget(name: "TidyTests", dependencies: ["Hazards"]),
    ],
    swiftLanguageModes: [.v6]
)
