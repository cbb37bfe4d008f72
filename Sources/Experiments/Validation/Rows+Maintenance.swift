// The rows of batched syncs, and the laws that measurements of maintenance have in common.

extension Rows {
    private static let laws = "laws that the published measurements have in common"

    /// B1 to B4.
    static let batchedSync: [RowRecipe] = {
        let each = "sg-each.slt"
        let batched = "sg-batched.slt"
        let book = RecipeBook(
            trace: each,
            source: "linux-arm-kernel, 2025-10-29, dma-mapping: arm64: support batched cache sync",
            others: [batched])
        @Sendable func left(_ span: String, _ times: inout TraceTimes) throws -> Double {
            try times.seconds(span, batched) / (try times.seconds(span, each))
        }
        // Of a part of a time no band was published: a quarter of it, as for times.
        func saved(_ measured: Double) -> MeasuredRow.Criterion {
            .band(0.75 * measured...1.25 * measured)
        }
        return [
            book.row(
                "B1", "barriers of dma_map_sg, 256 entries of 4 KiB: each / batched", 256, "×",
                .exactly(within: 0)
            ) { try $0.barriers("map", each) / (try $0.barriers("map", batched)) },
            book.row(
                "B2", "batched map and unmap, against one barrier for each entry", 1, "×", .law
            ) { max(try left("map", &$0), try left("unmap", &$0)) },
            book.row(
                "B3", "Dimensity 9500, here a Cortex-A76: what batching takes off dma_map_sg",
                64.61, "%", saved(64.61)
            ) { 100 * (1 - (try left("map", &$0))) },
            book.row(
                "B4", "the same of dma_unmap_sg", 66.60, "%", saved(66.60)
            ) { 100 * (1 - (try left("unmap", &$0))) },
        ]
    }()

    /// S1 to S5.
    static let maintenance: [RowRecipe] = {
        let book = RecipeBook(trace: "sync-linear.slt", source: laws)
        let trace = book.trace
        @Sendable func page(_ number: Int, _ times: inout TraceTimes) throws -> Double {
            try times.seconds("unmap\(number)", trace)
                - (try times.seconds("unmap\(number - 1)", trace))
        }
        let calls = [
            book.row(
                "S1", "zynq7000, unmap: third page / second page", 1, "×", .exactly(within: 0)
            ) { try page(3, &$0) / (try page(2, &$0)) },
            book.row("S2", "the same: lines of a page / all of its unmap", 1, "×", .law) {
                try page(2, &$0) / (try $0.seconds("unmap1", trace))
            },
            book.quotient(
                "S3", "a page from the device: invalidate before / after", 1,
                .exactly(within: 0.02), "map1", over: "unmap1"),
        ]
        let crossover = [("am335x", 288), ("rk3399", 1_056)].flatMap { machine, size in
            let book = RecipeBook(trace: "sync-whole-cache-\(machine).slt", source: laws)
            return [
                book.quotient(
                    "S4 \(machine)", "\(size) KiB by address / whole caches by set and way", 1,
                    .exactly(within: 0.05), "same", over: "whole"),
                book.quotient(
                    "S5 \(machine)", "four times as much / whole caches", 4,
                    .exactly(within: 0.05), "four", over: "whole"),
            ]
        }
        return calls + crossover
    }()
}
