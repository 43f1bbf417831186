from monitor.config.names import dotted, nearest, suggestion


def test_a_path_is_written_as_in_toml() -> None:
    assert dotted(("routes", 0, "group_wait")) == "routes[0].group_wait"
    assert dotted(("channels", "ops slack", "url")) == 'channels."ops slack".url'
    assert dotted(("channels", "a\nb")) == 'channels."a\\nb"'
    assert dotted(()) == ""


def test_the_nearest_name_does_not_mind_capitals() -> None:
    assert nearest("URL", ["url", "auth"]) == "url"


def test_nothing_is_near_to_nonsense() -> None:
    assert nearest("qqq", ["url", "auth"]) is None


def test_without_a_near_name_all_are_listed() -> None:
    assert suggestion("qqq", ["url", "auth"]) == "known: auth, url"


def test_a_long_list_is_cut() -> None:
    assert suggestion("qqq", [f"name{place:02}" for place in range(20)]).endswith("name11, …")


def test_where_there_is_nothing_it_says_so() -> None:
    assert suggestion("ops", []) == "none is defined"
