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
                "Statistics", "Hazards", "Experiments", "Stepping", "Reports", "Lessons",
            ]),
        // Apart, since it needs SQLite.
        .library(name: "StalelineResults", targets: ["Results"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
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
        // A second model to differ from, for tests and long random runs.
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
        // What a long random run holds the rest to.
        .target(
            name: "Soak",
            dependencies: [
                "Quantities", "Operations", "Events", "MemoryModel", "ReferenceModel", "Traces",
                "Statistics", "Hazards", "Experiments",
            ],
            swiftSettings: hot),
        .target(
            name: "Stepping",
            dependencies: [
                "Quantities", "Operations", "Events", "MemoryModel", "Traces", "Statistics",
                "Hazards", "Experiments",
            ]),
        .target(
            name: "Reports",
            dependencies: [
                "Quantities", "Operations", "Events", "MemoryModel", "Machines", "Statistics",
                "Hazards",
                "Experiments", "Stepping", "CZlib",
            ],
            resources: [
                .embedInCode("Steps/viewer.js"), .embedInCode("Steps/viewer.css"),
            ]),
        .target(
            name: "Lessons",
            dependencies: [
                "Quantities", "Operations", "MemoryModel", "Traces", "DMAMapping", "Statistics",
                "Hazards", "Experiments", "Stepping", "Reports",
            ]),
        .target(
            name: "Results",
            dependencies: [
                "Quantities", "Experiments", .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        // Layer 4: the studio, and the command line.
        .target(
            name: "StudioServer",
            dependencies: [
                "Operations", "MemoryModel", "Machines", "Traces", "DMAMapping", "Experiments",
                "Stepping", "Reports",
                .product(name: "FlyingSocks", package: "FlyingFox"),
            ],
            resources: [
                .embedInCode("Assets/studio.html"), .embedInCode("Assets/studio.js"),
                .embedInCode("Assets/studio.css"), .embedInCode("Assets/icon.svg"),
            ]),
        .executableTarget(
            name: "staleline",
            dependencies: [
                "Quantities", "Operations", "MemoryModel", "Machines", "Traces", "Symbols",
                "DMAMapping", "Hazards",
                "Experiments", "Soak", "Stepping", "Reports", "Lessons", "Results",
                "StudioServer",
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
                "Quantities", "Hazards", "Traces", "Reports", "JSONSchemas",
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
                "DMAMapping", "Operations", "Quantities", "Statistics", "Events", "Stepping",
                "CZlib",
            ]),
        .testTarget(
            name: "SteppingTests",
            dependencies: [
                "Stepping", "Experiments", "Machines", "MemoryModel", "Statistics", "Traces",
                "Quantities", "Events",
            ]),
        .testTarget(
            name: "StudioServerTests",
            dependencies: ["StudioServer", "Machines", "Reports", "JSONSchemas"]),
        .testTarget(
            name: "LessonsTests", dependencies: ["Lessons", "Machines", "Traces"]),
        .testTarget(
            name: "LitmusTests",
            dependencies: [
                "Experiments", "DMAMapping", "Hazards", "Machines", "MemoryModel", "Traces",
                "Reports", "Operations",
            ]),
        .testTarget(
            name: "ProofTests",
            dependencies: [
                "Soak", "Experiments", "Hazards", "Machines", "MemoryModel",
            ],
            exclude: ["past-differences.txt"]),
        .testTarget(
            name: "DifferentialTests",
            dependencies: [
                "Soak", "Experiments", "MemoryModel", "ReferenceModel", "Traces", "Events",
                "Operations", "Quantities",
            ]),
        .testTarget(
            name: "SoakTests",
            dependencies: [
                "Soak", "staleline", "Experiments", "Hazards", "MemoryModel", "Events", "Traces",
                "Operations", "Quantities", "Reports",
            ]),
        .testTarget(
            name: "SweepTests",
            dependencies: [
                "Results", "Reports", "Experiments", "Machines", "MemoryModel", "Traces",
                "Operations", "Quantities", "staleline",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Data"]),
        // Every reader of bytes from outside; also built for libFuzzer (tools/fuzz.sh).
        .target(
            name: "HostileInput",
            dependencies: [
                "Traces", "Symbols", "Machines", "MemoryModel", "DMAMapping", "Experiments",
                "Reports", "Statistics", "Operations", "Lessons", "Results", "StudioServer",
            ],
            path: "Tests/Fuzz/HostileInput"),
        .testTarget(
            name: "FuzzTests", dependencies: ["HostileInput"], path: "Tests/Fuzz/FuzzTests"),
        .testTarget(
            name: "FaultTests",
            dependencies: ["staleline", "Traces", "Experiments", "Operations"]),
        // Validates JSON against docs/schema.
        .target(name: "JSONSchemas", path: "Tests/JSONSchemas"),
        // Runs the command line; of the libraries it asks only for a difference, which no soak finds.
        .testTarget(
            name: "DocumentationTests",
            dependencies: ["staleline", "Soak", "Reports", "JSONSchemas"],
            exclude: ["exclusions.txt", "Kept"]),
        .testTarget(name: "TidyTests", dependencies: ["Hazards"]),
    ],
    swiftLanguageModes: [.v6]
)
