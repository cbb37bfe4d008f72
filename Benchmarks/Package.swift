// swift-tools-version: 6.0
import PackageDescription

// A package of its own, so that its C loop and its build stay out of the root's graph.
//
// The yardstick is compiled by gcc, not by the toolchain's clang: tools/bench.sh puts it into .build-cloop/ first.
let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "staleline", path: "..")],
    targets: [
        .systemLibrary(name: "CLoop"),
        .executableTarget(
            name: "bench",
            dependencies: ["CLoop", .product(name: "StalelineKit", package: "staleline")],
            swiftSettings: [
                .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))
            ],
            linkerSettings: [
                .unsafeFlags(["-L\(Context.packageDirectory)/.build-cloop"]),
                .linkedLibrary("cloop"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
