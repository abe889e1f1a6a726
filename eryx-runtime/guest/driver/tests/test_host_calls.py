import asyncio
import inspect
import json
import unittest

from driver.tests import native
from driver import host_calls
from driver.host_calls import host_function, result


class Test(unittest.TestCase):
    def setUp(self):
        native.reset()
        host_calls.waiting.clear()


class Result(Test):
    def test_value(self):
        self.assertEqual(result(['{"a": [1, null]}']), {"a": [1, None]})

    def test_exception(self):
        with self.assertRaises(KeyError) as context:
            result(["KeyError", "x"])
        self.assertEqual(context.exception.args, ("x",))

    def test_names_that_are_no_exceptions_are_runtime_errors(self):
        names = ["Unknown", "print", "int", "KeyboardInterrupt", "SystemExit", "", "json.Error"]
        for name in names:
            with self.subTest(name), self.assertRaises(RuntimeError) as context:
                result([name, "wrong"])
            self.assertEqual(str(context.exception), "wrong")

    def test_class_that_wants_more_than_a_message(self):
        with self.assertRaises(RuntimeError) as context:
            result(["UnicodeDecodeError", "wrong"])
        self.assertEqual(str(context.exception), "UnicodeDecodeError: wrong")


class Functions(Test):
    def test_call(self):
        native.outcome = ["[1, 2]"]
        function = host_function(3, "fetch", "(id)", "")
        self.assertEqual(function(1, "x", key=[None]), [1, 2])
        ((index, arguments),) = native.named("host_call")
        self.assertEqual(index, 3)
        self.assertEqual(json.loads(arguments), [[1, "x"], {"key": [None]}])

    def test_call_that_fails(self):
        native.outcome = ["LookupError", "nothing"]
        with self.assertRaisesRegex(LookupError, "nothing"):
            host_function(0, "fetch", "()", "")()

    def test_arguments_without_form_in_json(self):
        with self.assertRaisesRegex(TypeError, "object has no form in JSON"):
            host_function(0, "fetch", "(id)", "")(object())
        self.assertEqual(native.calls, [])

    def test_attributes(self):
        function = host_function(0, "fetch", "(id, limit=10)", "Fetches.")
        self.assertEqual((function.__name__, function.__qualname__), ("fetch", "fetch"))
        self.assertEqual((function.__module__, function.__doc__), ("__main__", "Fetches."))
        self.assertIsNone(host_function(0, "fetch", "()", "").__doc__)

    def test_signature(self):
        function = host_function(0, "fetch", "(id, limit=10)", "")
        self.assertEqual(str(inspect.signature(function)), "(id, limit=10)")


def answers(*outcomes):
    """Lets the host finish calls with these outcomes, the oldest first."""
    outcomes = list(outcomes)

    def finish():
        return [min(host_calls.waiting), outcomes.pop(0)] if host_calls.waiting else []

    native.next = finish


class Async(Test):
    def setUp(self):
        super().setUp()
        self.function = host_function(5, "fetch", "(id)", "")

    def test_call_is_awaited(self):
        answers(['"a"'])

        async def main():
            return await self.function(1)

        self.assertEqual(asyncio.run(main()), "a")
        self.assertEqual(native.named("host_begin"), [[5, "[[1], {}]"]])
        self.assertEqual(native.named("host_call"), [])
        # Nothing else was to be waited for, so that the host could wait for ever.
        self.assertEqual(native.named("host_next")[0], [2**64 - 1])
        self.assertEqual(host_calls.waiting, {})
        self.assertEqual(native.named("host_cancel"), [])

    def test_call_that_fails(self):
        answers(["ValueError", "wrong"])

        async def main():
            await self.function(1)

        with self.assertRaisesRegex(ValueError, "wrong"):
            asyncio.run(main())

    def test_calls_end_in_any_order(self):
        native.finished = [[2, ['"second"']], [1, ['"first"']]]

        async def main():
            return await asyncio.gather(self.function(1), self.function(2))

        self.assertEqual(asyncio.run(main()), ["first", "second"])

    def test_timeout_cancels_the_call(self):
        async def main():
            await asyncio.wait_for(self.function(1), 0.001)

        with self.assertRaises(TimeoutError):
            asyncio.run(main())
        self.assertEqual(native.named("host_cancel"), [[1]])
        self.assertEqual(host_calls.waiting, {})
        # The host waits no longer than the loop has time.
        self.assertTrue(all(limit <= 1_000_000 for (limit,) in native.named("host_next")))

    def test_outcome_of_a_cancelled_call_is_ignored(self):
        async def main():
            task = asyncio.create_task(self.function(1))
            await asyncio.sleep(0)
            task.cancel()
            native.finished = [[1, ["1"]], [2, ["2"]]]
            return await self.function(2)

        self.assertEqual(asyncio.run(main()), 2)

    def test_number_of_open_calls_is_limited(self):
        count = host_calls.OPEN_LIMIT + 6
        most = 0

        async def main():
            nonlocal most
            calls = asyncio.gather(*(self.function(number) for number in range(count)))
            for _ in range(10):
                await asyncio.sleep(0)
            most = len(host_calls.waiting)
            native.next = finish
            return await calls

        def finish():
            nonlocal most
            most = max(most, len(host_calls.waiting))
            numbers = list(host_calls.waiting)
            return [numbers[0], [str(numbers[0])]] if numbers else []

        self.assertEqual(asyncio.run(main()), list(range(1, count + 1)))
        self.assertEqual(most, host_calls.OPEN_LIMIT)

    def test_sockets_are_served_meanwhile(self):
        async def main():
            loop = asyncio.get_running_loop()
            call = asyncio.create_task(self.function(1))
            await asyncio.sleep(0)
            loop.call_soon_threadsafe(native.finished.append, [1, ["1"]])
            return await call

        self.assertEqual(asyncio.run(main()), 1)

    def test_what_is_called_in_async_code(self):
        native.outcome = ['"called"']
        function = self.function

        def synchronous():
            return function(1)

        async def main():
            answers(['"lambda"'], ['"generator"'], ['"async generator"'])
            found = [synchronous()]
            found.append(await (lambda: function(1))())
            found += [await call for call in (function(number) for number in [2])]

            async def generator():
                yield await function(3)

            found += [value async for value in generator()]
            return found

        self.assertEqual(asyncio.run(main()), ["called", "lambda", "generator", "async generator"])


if __name__ == "__main__":
    unittest.main()
