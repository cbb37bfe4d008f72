import Experiments
import Hazards

/// The page of a check of the kernel's dma-debug, or the list of all.
public enum DMADebugPageReport {
    /// All checks, each with its hazard and the beginning of its text.
    public static var list: String {
        DMADebugPage.pages.map { page in
            let text = page.texts.last?.template ?? ""
            let head = text.split(separator: "\n").first.map(String.init) ?? ""
            // What the placeholders stand for is on the page.
            var plain = head.prefix { $0 != "[" }
            while plain.last == " " { plain.removeLast() }
            let name = page.name + String(repeating: " ", count: max(0, 3 - page.name.count))
            return "  \(name)  \(page.hazard.rawValue)  \(plain)\n"
        }.joined()
    }

    /// One check's page.
    public static func text(_ page: DMADebugPage) -> String {
        var out =
            "\(page.name)  a check of the kernel's dma-debug (CONFIG_DMA_API_DEBUG)\n\n"
            + "Is about \(page.hazard.rawValue): \(HazardCatalogue.page(page.hazard).title)\n"
        for text in page.texts {
            out += "\nPrinted by kernels: \(text.kernels)\n"
            out += text.template.split(separator: "\n").map { "    \($0)\n" }.joined()
        }
        func section(_ name: String, _ body: String) {
            guard !body.isEmpty else { return }
            out += "\n\(name)\n" + Format.wrapped("    ", body, width: HazardReport.width)
        }
        section("Raised by", page.condition)
        section("Does not see, or sees for nothing", page.misses)
        section("Mend", page.mend)
        return out
    }

    /// One check's page as JSON, schema `staleline.explain/1`.
    public static func json(_ page: DMADebugPage) -> JSONValue {
        .object([
            ("schema", .string("staleline.explain/1")), ("check", .string(page.name)),
            ("hazard", .string(page.hazard.rawValue)), ("kernels", .string(page.kernels)),
            (
                "texts",
                .array(
                    page.texts.map {
                        .object([
                            ("kernels", .string($0.kernels)), ("template", .string($0.template)),
                        ])
                    })
            ),
            ("condition", .string(page.condition)), ("misses", .string(page.misses)),
            ("mend", .string(page.mend)),
        ])
    }

    /// All checks as JSON, as a part of the list of codes.
    static var listJSON: JSONValue {
        .array(
            DMADebugPage.pages.map {
                .object([
                    ("check", .string($0.name)), ("hazard", .string($0.hazard.rawValue)),
                    ("kernels", .string($0.kernels)),
                ])
            })
    }
}
