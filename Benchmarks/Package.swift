// swift-tools-version: 6.0
import PackageDescription

// A package of its own, so that its C loop and its build stay out of the root's graph.
let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "staleline", path: "..")],
    targets: [
        .target(name: "CLoop", cSettings: [.unsafeFlags(["-O2"])]),
        .executableTarget(
            name: "bench", dependencies: ["CLoop", .product(name: "StalelineKit", package: "staleline")],
            swiftSettings: [.unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))]),
    ],
    swiftLanguageModes: [.v6]
)
