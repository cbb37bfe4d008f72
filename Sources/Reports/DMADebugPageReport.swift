import Experiments
import Hazards

/// The page of a check of the kernel's dma-debug, or the list of all.
public enum DMADebugPageReport {
    /// All checks, each with its hazard and the kernels that have it.
    public static var list: String {
        var table = TextTable([
            ("check", .left), ("hazard", .left), ("kernels", .left), ("text", .left),
        ])
        for page in DMADebugPage.pages {
            let text = page.texts.last?.template ?? ""
            let head = text.split(separator: "\n").first.map(String.init) ?? ""
            // What the placeholders stand for is on the page.
            var plain = head.prefix { $0 != "[" }
            while plain.last == " " { plain.removeLast() }
            table.add([page.name, page.hazard.rawValue, page.kernels, String(plain)])
        }
        return table.text
    }

    /// One check's page.
    public static func text(_ page: DMADebugPage) -> String {
        var out =
            "\(page.name)  a check of the kernel's dma-debug (CONFIG_DMA_API_DEBUG), about "
            + "\(page.hazard.rawValue): \(HazardCatalogue.page(page.hazard).title)\n"
        for text in page.texts {
            out += "\nPrinted by kernels: \(text.kernels)\n"
            out += text.template.split(separator: "\n").map { "    \($0)\n" }.joined()
        }
        func section(_ name: String, _ body: String) {
            guard !body.isEmpty else { return }
            out += "\n\(name)\n" + Format.wrapped("    ", body)
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
